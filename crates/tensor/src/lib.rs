#![doc = include_str!("../README.md")]

mod aligned;
mod element;
mod gradient;
mod graph;
mod interpret;
mod kernel;
pub mod op;
mod program;
mod shape;
mod transform;

pub use element::Element;
pub use graph::{Graph, Node};
pub use interpret::{Values, interpret};
pub use kernel::{Factor, product, vectorised};
pub use program::Program;
pub use shape::{Axis, Shape, Size};
