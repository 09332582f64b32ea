//! Writes a picture of each kind, in several sizes, to the folder that is given.

#[path = "../tests/samples/mod.rs"]
mod samples;

use pipewright_plot::{Size, Theme, svg, terminal};

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let write = |name: String, text: String| {
        let path = std::path::Path::new(&folder).join(name);
        #[allow(clippy::disallowed_methods, reason = "an example writes its own files")]
        std::fs::write(path, text)
    };
    for (name, figure) in samples::usual().into_iter().chain(samples::hard()) {
        for (width, height) in [(800, 600), (300, 200)] {
            write(format!("{name}-{width}.svg"), svg(&figure, Theme::Light, Size { width, height }))?;
            write(format!("{name}-{width}-dark.svg"), svg(&figure, Theme::Dark, Size { width, height }))?;
        }
        write(format!("{name}.txt"), terminal(&figure, 100, false))?;
        write(format!("{name}-colour.txt"), terminal(&figure, 100, true))?;
    }
    Ok(())
}
