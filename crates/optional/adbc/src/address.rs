//! Query addresses: `adbc:DRIVER?uri=…&query=…&opt.KEY=VALUE`, percent-encoded where necessary.

/// Prefix of every address.
const START: &str = "adbc:";

/// A query and its database.
#[derive(Debug, PartialEq)]
pub(crate) struct Address {
    /// The path of a shared library or of a manifest, or the name of an installed driver.
    pub driver: String,
    /// The location of the database, in the driver's syntax.
    pub uri: Option<String>,
    pub query: String,
    /// Options of the database, in the driver's syntax.
    pub options: Vec<(String, String)>,
}

/// Does it look like such an address, valid or not?
pub(crate) fn is_address(path: &str) -> bool {
    path.starts_with(START)
}

impl Address {
    /// Parses an address; the error says what is wrong with it.
    pub(crate) fn parse(path: &str) -> Result<Address, String> {
        let rest = path.strip_prefix(START).unwrap_or(path);
        let (driver, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let driver = decoded(driver)?;
        if driver.is_empty() {
            return Err("it has no driver: adbc:DRIVER?uri=…&query=…".to_owned());
        }
        let (mut uri, mut query, mut options) = (None, None, Vec::new());
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').ok_or_else(|| format!("`{parameter}` has no `=`"))?;
            let (name, value) = (decoded(name)?, decoded(value)?);
            let slot = match (name.as_str(), name.strip_prefix("opt.")) {
                (_, Some(key)) if !key.is_empty() => {
                    options.push((key.to_owned(), value));
                    continue;
                }
                ("uri", _) => &mut uri,
                ("query", _) => &mut query,
                _ => return Err(format!("`{name}` is not one of uri, query, opt.KEY; `&` in a value is written %26")),
            };
            if slot.replace(value).is_some() {
                return Err(format!("`{name}` occurs twice; `&` in a value is written %26"));
            }
        }
        let query = query.ok_or("it has no query: adbc:DRIVER?uri=…&query=…")?;
        Ok(Address { driver, uri, query, options })
    }
}

/// Decodes `%20` and the like; everything else is literal, including `+`.
fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let is_hex = |digits: &&str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let byte = digits.filter(is_hex).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.ok_or_else(|| format!("`%` in `{text}` is not followed by two digits; write %25 for it"))?);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).map_err(|_| format!("`{text}` is not UTF-8 text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let text = "adbc:lib%3Fs.so?uri=file:a%26b.db&query=select%20a+1 from t where b=2&opt.x.y=z";
        let expected = Address {
            driver: "lib?s.so".to_owned(),
            uri: Some("file:a&b.db".to_owned()),
            query: "select a+1 from t where b=2".to_owned(),
            options: vec![("x.y".to_owned(), "z".to_owned())],
        };
        assert_eq!(Address::parse(text), Ok(expected));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = |text: &str| Address::parse(text).unwrap_err();
        assert!(wrong("adbc:?query=a").contains("no driver"));
        assert!(wrong("adbc:d?uri=a").contains("no query"));
        assert!(wrong("adbc:d?query").contains("no `=`"));
        assert!(wrong("adbc:d?query=a&query=b").contains("twice"));
        assert!(wrong("adbc:d?query=a&password=b").contains("`password` is not one of"));
        assert!(wrong("adbc:d?query=100%").contains("%25"));
        assert!(wrong("adbc:d?query=%+1").contains("%25"));
        assert!(wrong("adbc:d?query=%FF").contains("not UTF-8"));
    }
}
