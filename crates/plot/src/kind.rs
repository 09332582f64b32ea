//! The kinds of pictures, each in a file: from plain values to a figure.

mod bar;
mod boxes;
mod density;
mod heat_map;
mod histogram;
mod line;
mod scatter;

pub use bar::{Bar, Bars, bars};
pub use boxes::{Boxes, boxes};
pub use density::{Densities, densities};
pub use heat_map::{HeatMap, correlations, heat_map};
pub use histogram::{Histogram, histogram};
pub use line::{Lines, lines};
pub use scatter::{Scatter, scatter};
