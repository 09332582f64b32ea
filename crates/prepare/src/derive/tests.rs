//! Derived columns, and what they learn.

use super::*;
use pipewright_expr::{Aggregate, Arithmetic, Call, FrameBound, Function, Score, Window, WindowFunction};
use pipewright_table::testing::{edge_tables, random_table};
use pipewright_table::text::text_of;
use pipewright_world::random::Key;
use proptest::prelude::*;

fn col(name: &str) -> Expression {
    Expression::column(name)
}

fn mean(of: Expression) -> Expression {
    Expression::Aggregate(Aggregate::Mean, Some(Box::new(of)))
}

fn derive(assigns: &[(&str, Expression)]) -> Derive {
    let assign =
        |(name, expression): &(&str, Expression)| Assign { name: (*name).into(), expression: expression.clone() };
    Derive { assigns: assigns.iter().map(assign).collect() }
}

fn lag(of: Expression) -> Expression {
    Expression::Window(Box::new(Window {
        moving: WindowFunction::Lag(1),
        of: Some(of),
        keys: vec![],
        reach: FrameBound::All,
    }))
}

fn call(name: &str, arguments: Vec<Expression>) -> Expression {
    let function = Function::find(name, arguments.len()).unwrap();
    assert_eq!(function.call(&arguments), Call::Row);
    Expression::Call(function, arguments)
}

/// A state as a bundle would give it back.
fn restored(state: &DeriveState) -> DeriveState {
    let text = serde_json::to_string(state).unwrap();
    let state: DeriveState = serde_json::from_str(&text).unwrap();
    state.validate().unwrap();
    state
}

/// Every kind of expression of one row over the columns of [`random_table`].
fn row_wise() -> Vec<(&'static str, Expression)> {
    let half = || Expression::from(0.5);
    vec![
        ("a", col("real").arithmetic(Arithmetic::Divide, col("count"))),
        ("b", call("round", vec![call("log1p", vec![col("real")]), Expression::from(2.0)])),
        ("c", col("category").arithmetic(Arithmetic::Add, call("upper", vec![col("text")]))),
        ("d", col("date").arithmetic(Arithmetic::Add, Expression::duration(3600.0))),
        ("e", call("week", vec![col("d")])),
        ("f", Expression::choose(col("truth"), col("time"), Expression::Literal(pipewright_table::Value::Null))),
        ("g", call("max", vec![col("real"), half(), col("a")])),
        ("count", call("coalesce", vec![col("count"), Expression::from(-1.0)])),
        ("h", col("date").arithmetic(Arithmetic::Subtract, Expression::from("1970-06-01"))),
        ("i", call("split", vec![col("text"), Expression::from(" "), Expression::from(1.0)]).is_null()),
    ]
}

fn learned() -> Vec<(&'static str, Expression)> {
    let mut assigns = row_wise();
    for (aggregate, of) in [
        (Aggregate::Sum, "real"),
        (Aggregate::Std, "count"),
        (Aggregate::Median, "real"),
        (Aggregate::Quantile(0.9), "count"),
        (Aggregate::Mode, "text"),
        (Aggregate::Min, "date"),
        (Aggregate::Max, "time"),
        (Aggregate::First, "category"),
        (Aggregate::Last, "truth"),
        (Aggregate::Any, "truth"),
        (Aggregate::Distinct, "id"),
        (Aggregate::Nulls, "a"),
    ] {
        let name: &'static str = Box::leak(format!("{} {of}", aggregate.name()).into_boxed_str());
        assigns.push((name, Expression::Aggregate(aggregate, Some(Box::new(col(of))))));
    }
    assigns.push(("rank", Expression::Score(Score::Rank, Box::new(col("real")))));
    assigns.push(("z", Expression::Score(Score::Zscore, Box::new(col("count")))));
    assigns.push(("above", col("real").arithmetic(Arithmetic::Subtract, mean(col("rank")))));
    assigns
}

/// A table in chunks of a given number of rows.
struct Cut(Table, usize);

impl Chunks for Cut {
    fn schema(&self) -> Schema {
        self.0.schema()
    }

    fn count(&self) -> usize {
        self.0.rows().div_ceil(self.1)
    }

    fn chunk(&self, index: usize) -> Result<Table, Failure> {
        let start = index * self.1;
        Ok(self.0.slice(start, self.1.min(self.0.rows() - start)))
    }

    fn rows_before(&self, index: usize) -> Option<usize> {
        Some(index * self.1)
    }
}

fn laws(derive: &Derive, table: &Table) {
    let (Ok(predicted), Ok(state)) = (derive.schema(&table.schema()), derive.fit(table)) else { return };
    let whole = state.apply(table).unwrap();
    assert_eq!(predicted.admits(whole.columns()), Ok(()));
    assert_eq!(restored(&state), state);
    for size in [1, 3, 1000] {
        assert_eq!(derive.fit(&Cut(table.clone(), size)).unwrap(), state, "chunks of {size}");
    }
    if state.by_row() {
        for start in 0..table.rows().min(5) {
            let count = (table.rows() - start) / 2;
            assert!(state.apply(&table.slice(start, count)).unwrap() == whole.slice(start, count), "{start} {count}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn chunks_do_not_matter_and_states_survive_files(seed in any::<u64>(), rows in 0..60_usize) {
        let table = random_table(Key::new(seed), rows);
        laws(&derive(&row_wise()), &table);
        laws(&derive(&learned()), &table);
        laws(&derive(&[("before", lag(col("real"))), ("usual", mean(col("before")))]), &table);
    }
}

#[test]
fn laws_hold_at_the_edges() {
    for table in edge_tables() {
        laws(&derive(&learned()), &table);
        let height = || col("größe, \"cm\"");
        laws(&derive(&[("m", height().arithmetic(Arithmetic::Subtract, mean(height())))]), &table);
    }
}

#[test]
fn ranks_and_scores_are_those_of_the_training_rows() {
    let table = pipewright_io::csv::read(b"x,n\n1,0\n2,0\n2,0\n5,0\n,0\n", &pipewright_io::ReadOptions::new("t.csv"))
        .unwrap()
        .0;
    let derive = derive(&[
        ("rank", Expression::Score(Score::Rank, Box::new(col("x")))),
        ("z", Expression::Score(Score::Zscore, Box::new(col("x")))),
    ]);
    let state = derive.fit(&table).unwrap();
    let new = pipewright_io::csv::read(b"x,n\n0,0\n1,0\n3,0\n9,0\n,0\n", &pipewright_io::ReadOptions::new("t.csv"))
        .unwrap()
        .0;
    let applied = state.apply(&new).unwrap();
    let shown = |name: &str| {
        let array = applied.array(name).unwrap().clone();
        (0..5).map(|row| text_of(&array, row).unwrap_or("·".into())).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(shown("rank"), "0 0.25 0.75 1 ·");
    // The mean is 2.5, the deviation 1.5.
    let first: f64 = shown("z").split(' ').next().unwrap().parse().unwrap();
    assert!((first + 2.5 / 1.5).abs() < 1e-15);
}

#[test]
fn columns_are_replaced_in_their_place_and_know_their_sources() {
    let table = random_table(Key::new(1), 5).with_role("count", Role::Target).unwrap();
    let made = derive(&[
        ("count", call("abs", vec![col("count")])),
        ("both", col("real").arithmetic(Arithmetic::Add, col("count"))),
        ("none", Expression::from(1_i64)),
    ]);
    assert_eq!(made.reads(), ["count".into(), "real".into()]);
    let schema = made.fit(&table).unwrap().apply(&table).unwrap().schema();
    let count = schema.columns().nth(1).unwrap();
    assert_eq!((&*count.name, count.role, count.kind), ("count", Role::Target, ColumnType::Count));
    assert_eq!(schema.find("both").unwrap().sources, ["real".into(), "count".into()]);
    assert_eq!((schema.find("none").unwrap().kind, schema.find("none").unwrap().sources.len()), (ColumnType::Count, 0));
}

#[test]
fn members_of_open_groups_can_be_read_and_not_replaced() {
    let open = Entry::Open { from: "sex".into(), kind: ColumnType::Count };
    let schema = Schema::with_entries(vec![open, Entry::Column(Column::new("x", ColumnType::Continuous))]);
    let read = derive(&[("y", col("sex=male").arithmetic(Arithmetic::Multiply, col("x")))]).schema(&schema).unwrap();
    assert_eq!(read.find("y").unwrap().sources, ["sex".into(), "x".into()]);
    let replaced = derive(&[("sex=male", col("x"))]).schema(&schema).unwrap_err();
    assert_eq!(replaced.code, code::DUPLICATE_COLUMN);
    assert_eq!(derive(&[("y", col("z"))]).schema(&schema).unwrap_err().code, code::UNKNOWN_COLUMN);
}

#[test]
fn what_cannot_be_learned_is_refused() {
    let table = random_table(Key::new(1), 9);
    let code_of = |expression: Expression| derive(&[("y", expression)]).fit(&table).unwrap_err().code;
    assert_eq!(code_of(mean(mean(col("real")))), code::TYPE_MISMATCH);
    assert_eq!(code_of(mean(lag(col("real")))), code::TYPE_MISMATCH);
    assert_eq!(code_of(mean(col("text"))), code::NOT_NUMERIC);
    let infinite = edge_tables().remove(5);
    let of = mean(col("größe, \"cm\""));
    let failure = derive(&[("y", of)]).fit(&infinite).unwrap_err();
    assert_eq!((failure.code, failure.place.row), (code::NON_FINITE, Some(2)));
}

#[test]
fn states_that_cannot_have_been_fitted_are_refused() {
    let unlearned = DeriveState {
        columns: vec![Derived {
            name: "y".into(),
            kind: ColumnType::Continuous,
            sources: vec![],
            expression: mean(col("real")),
        }],
    };
    assert_eq!(unlearned.validate().unwrap_err().code, code::BAD_BUNDLE);
    let wrong = DeriveState {
        columns: vec![Derived { name: "y".into(), kind: ColumnType::Text, sources: vec![], expression: col("real") }],
    };
    assert_eq!(wrong.apply(&random_table(Key::new(1), 3)).unwrap_err().code, code::KIND_CHANGED);
}
