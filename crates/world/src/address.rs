//! Paths that are addresses of something other than a file.

use std::io;
use std::path::Path;

/// Returns the scheme of an address: `https` of `https://…`, `adbc` of `adbc:…`. A single letter is a drive.
///
/// ```
/// use pipewright_world::scheme;
/// assert_eq!(scheme("s3://visits/2024.csv"), Some("s3"));
/// assert_eq!(scheme("adbc:driver?query=…"), Some("adbc"));
/// assert_eq!(scheme("C://visits.csv"), None);
/// ```
#[must_use]
pub fn scheme(path: &str) -> Option<&str> {
    if path.starts_with("adbc:") {
        return Some("adbc");
    }
    let (scheme, _) = path.split_once("://")?;
    (scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(scheme)
}

/// Returns the error of a world of files for an address, which another world would have to open.
pub(crate) fn refused(path: &Path) -> Option<io::Error> {
    let scheme = scheme(path.to_str()?)?;
    let (what, feature) = match scheme {
        "http" | "https" => ("HTTP", "remote"),
        "s3" | "gs" | "az" => ("object stores", "remote"),
        "adbc" => ("database drivers", "adbc"),
        _ => {
            return Some(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("`{scheme}:` is no known kind of address"),
            ));
        }
    };
    let message = format!("this build has no {what}: it was compiled without the feature `{feature}`");
    Some(io::Error::new(io::ErrorKind::Unsupported, message))
}
