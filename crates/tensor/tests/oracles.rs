//! Agreement with PyTorch, on the numbers that `oracles/freeze_tensor.py` froze: results and gradients of every
//! operation.

#![allow(clippy::unwrap_used)] // All of this file is tests.

use pipewright_tensor::op::{self, Op, Sides};
use pipewright_tensor::{Axis, Element, Graph, Node, Shape, Size, interpret};
use serde_json::Value;
use std::collections::BTreeSet;

fn size(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn numbers(matrix: &Value) -> Vec<f64> {
    matrix["values"].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn shape(sides: &Value) -> Shape {
    Shape::fixed(size(&sides[0]), size(&sides[1]))
}

/// An operation by its name and settings.
fn operation(case: &Value) -> Op {
    let settings = &case["settings"];
    let number = |name: &str| settings[name].as_f64().unwrap();
    let whole = |name: &str| size(&settings[name]);
    let is = |name: &str| settings[name].as_bool().unwrap();
    let over = || if settings["over"] == "rows" { Axis::Rows } else { Axis::Columns };
    match case["op"].as_str().unwrap() {
        "scale" => Op::Scale(op::Scale { factor: number("factor") }),
        "matmul" => {
            Op::MatMul(op::MatMul { transpose_left: is("transpose_left"), transpose_right: is("transpose_right") })
        }
        "batch_matmul" => Op::BatchMatMul(op::BatchMatMul {
            blocks: Size::Fixed(whole("blocks")),
            transpose_left: is("transpose_left"),
            transpose_right: is("transpose_right"),
        }),
        "repeat_rows" => Op::RepeatRows(op::RepeatRows { rows: Size::Fixed(whole("rows")) }),
        "repeat_columns" => Op::RepeatColumns(op::RepeatColumns { columns: Size::Fixed(whole("columns")) }),
        "fill" => Op::Fill(op::Fill { shape: shape(&settings["shape"]) }),
        "spread" => Op::Spread(op::Spread { shape: shape(&settings["shape"]) }),
        "reshape" => Op::Reshape(op::Reshape { shape: shape(&settings["shape"]) }),
        "slice" => Op::Slice(op::Slice { start: whole("start"), count: whole("count") }),
        "pad" => Op::Pad(op::Pad { before: whole("before"), after: whole("after") }),
        "scatter_add" => Op::ScatterAdd(op::ScatterAdd { rows: Size::Fixed(whole("rows")) }),
        "one_hot" => Op::OneHot(op::OneHot { columns: whole("columns") }),
        "dropout" => Op::Dropout(op::Dropout { rate: number("rate"), key: 0 }),
        "mean_over" => Op::MeanOver(op::MeanOver { over: over() }),
        "spread_over" => Op::SpreadOver(op::SpreadOver { over: over(), side: Size::Fixed(whole("side")) }),
        "normalize" => Op::Normalize(op::Normalize { over: over(), epsilon: number("epsilon") }),
        "deviation" => Op::Deviation(op::Deviation { over: over(), epsilon: number("epsilon") }),
        "dropout_mask" => Op::DropoutMask(op::DropoutMask { shape: shape(&settings["shape"]), key: 0 }),
        "grouped" => {
            let wanted = [op::Wanted::Result, op::Wanted::Columns, op::Wanted::Matrices];
            let wanted = wanted.into_iter().find(|wanted| settings["wanted"] == format!("{wanted:?}")).unwrap();
            Op::Grouped(op::Grouped { groups: whole("groups"), wanted })
        }
        // What has no settings is found in the list.
        name => {
            let samples = Op::samples(Sides { columns: 1, inner: 1 });
            samples.into_iter().find(|sample| sample.op.name() == name).unwrap().op
        }
    }
}

fn check<T: Element>(case: &Value, tolerance: f64) {
    let mut graph = Graph::new();
    let mut parameters: Vec<T> = Vec::new();
    let inputs = case["inputs"].as_array().unwrap();
    let nodes: Vec<Node> = inputs
        .iter()
        .chain([&case["weights"]])
        .map(|matrix| {
            parameters.extend(numbers(matrix).into_iter().map(T::from_f64));
            let [rows, columns] = shape(&matrix["shape"]).resolve(0);
            graph.parameter(rows, columns)
        })
        .collect();
    let (nodes, weights) = (&nodes[..inputs.len()], nodes[inputs.len()]);
    let result = graph.apply(operation(case), nodes);
    let weighted = graph.multiply(result, weights);
    let loss = graph.sum(weighted);
    let gradients = graph.gradients(loss, nodes);
    let values = interpret(&graph, 0, &[], &parameters);
    let wanted = case["gradients"].as_array().unwrap();
    for (node, matrix) in [(result, &case["result"])].into_iter().chain(gradients.into_iter().zip(wanted)) {
        if matrix.is_null() {
            continue;
        }
        assert_eq!(graph.shape(node), shape(&matrix["shape"]));
        for (&found, wanted) in values.get(node).iter().zip(numbers(matrix)) {
            let is_close = (found.to_f64() - wanted).abs() <= tolerance * (1.0 + wanted.abs());
            assert!(is_close, "{}: {found} is not {wanted}", case["op"]);
        }
    }
}

#[test]
fn operations_agree_in_both_precisions() {
    let document: Value = serde_json::from_str(include_str!("oracles/tensor.json")).unwrap();
    let tolerance = |precision: &str| document["tolerance"][precision].as_f64().unwrap();
    let mut names = BTreeSet::new();
    for case in document["cases"].as_array().unwrap() {
        check::<f64>(case, tolerance("double"));
        check::<f32>(case, tolerance("single"));
        names.insert(case["op"].as_str().unwrap().to_owned());
    }
    let all = Op::samples(Sides { columns: 1, inner: 1 }).iter().map(|sample| sample.op.name().to_owned()).collect();
    assert_eq!(names, all, "every operation is compared");
}
