//! Pictures as text, as wide as other results, and as JSON with the plotted numbers.

use crate::WIDTH;
use pipewright_operator::result::Figures;
use serde_json::{Value as Json, json};

/// The fields of the documented JSON.
pub(crate) fn json(figures: &Figures) -> Json {
    let figure = |(kind, figure): &(String, pipewright_plot::Figure)| {
        let mut json = pipewright_plot::json(figure);
        json["plot"] = json!(kind);
        json
    };
    json!({"path": figures.path, "figures": figures.figures.iter().map(figure).collect::<Vec<_>>()})
}

/// Where they were written, or the pictures themselves.
pub(crate) fn text(figures: &Figures) -> String {
    match &figures.path {
        Some(path) => {
            let kinds: Vec<&str> = figures.figures.iter().map(|(kind, _)| kind.as_str()).collect();
            format!("plotted {} to {path}\n", kinds.join(", "))
        }
        None => {
            let texts = figures.figures.iter().map(|(_, figure)| pipewright_plot::terminal(figure, WIDTH, false));
            texts.collect::<Vec<_>>().join("\n")
        }
    }
}
