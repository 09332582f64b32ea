//! The terminal: results on standard output, messages on standard error, and a closed pipe that ends quietly.

use crate::arguments::{Common, MessageFormat};
use pipewright::{render_human, render_json};
use pipewright_diagnostic::{Diagnostic, Source};
use std::io::{self, IsTerminal, Write};

#[derive(Clone, Copy)]
pub(crate) struct Terminal {
    pub json: bool,
    messages_as_json: bool,
    colour: bool,
}

impl Terminal {
    pub(crate) fn new(common: &Common) -> Terminal {
        #[allow(clippy::disallowed_methods)] // A convention of terminals, https://no-color.org.
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Terminal {
            json: common.json,
            messages_as_json: common.message_format == MessageFormat::Json,
            colour: io::stderr().is_terminal() && !no_colour,
        }
    }

    /// Prints a result, and returns the resulting exit code.
    pub(crate) fn print(&self, text: &str) -> u8 {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => 0,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Err(error) => {
                let _ = writeln!(io::stderr(), "error: cannot write to standard output: {error}");
                1
            }
        }
    }

    /// Prints diagnostics.
    pub(crate) fn tell(&self, diagnostics: &[Diagnostic], source: &Source) {
        let mut err = io::stderr().lock();
        for diagnostic in diagnostics {
            let text = if self.messages_as_json {
                format!("{}\n", render_json(diagnostic, source))
            } else {
                render_human(diagnostic, source, self.colour)
            };
            // If standard error cannot be written, there is nowhere left to report it.
            let _ = err.write_all(text.as_bytes());
        }
    }
}
