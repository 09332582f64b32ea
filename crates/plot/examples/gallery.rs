//! Writes a picture of each kind, in several sizes, to the folder that is given.

#[path = "../tests/samples/mod.rs"]
mod samples;

use pipewright_plot::{Size, Theme, svg, terminal};

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let write = |name: String, bytes: Vec<u8>| {
        let path = std::path::Path::new(&folder).join(name);
        #[allow(clippy::disallowed_methods, reason = "an example writes its own files")]
        std::fs::write(path, bytes)
    };
    for (name, figure) in samples::usual().into_iter().chain(samples::hard()) {
        for (width, height) in [(800, 600), (300, 200)] {
            write(format!("{name}-{width}.svg"), svg(&figure, Theme::Light, Size { width, height }).into_bytes())?;
            write(format!("{name}-{width}-dark.svg"), svg(&figure, Theme::Dark, Size { width, height }).into_bytes())?;
        }
        #[cfg(feature = "png")]
        write(
            format!("{name}.png"),
            pipewright_plot::png(&figure, Theme::Light, Size::default(), 2).map_err(std::io::Error::other)?,
        )?;
        write(format!("{name}.txt"), terminal(&figure, 100, false).into_bytes())?;
        write(format!("{name}-colour.txt"), terminal(&figure, 100, true).into_bytes())?;
    }
    Ok(())
}
