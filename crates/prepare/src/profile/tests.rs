//! Profiles: chunks, threads, odd tables, and what is found suspicious.

use super::*;
use pipewright_io::{ReadOptions, csv};
use pipewright_table::testing::{edge_tables, random_table};
use pipewright_world::random::Key;
use proptest::prelude::*;
use serde_json::Value;

/// A table in chunks of any size, which may have to be kept within some memory.
struct Cut<'a> {
    table: &'a Table,
    rows: usize,
    budget: Option<u64>,
}

impl Chunks for Cut<'_> {
    fn schema(&self) -> Schema {
        self.table.schema()
    }

    fn count(&self) -> usize {
        self.table.rows().div_ceil(self.rows)
    }

    fn chunk(&self, index: usize) -> Result<Table, Failure> {
        let start = index * self.rows;
        Ok(self.table.slice(start, self.rows.min(self.table.rows() - start)))
    }

    fn rows_before(&self, _: usize) -> Option<usize> {
        None
    }

    fn budget_bytes(&self) -> Option<u64> {
        self.budget
    }
}

fn profile(rows: &dyn Chunks) -> Profile {
    Profile::of(rows, &Options::default()).unwrap()
}

/// As text, which keeps every bit.
fn written(rows: &dyn Chunks) -> String {
    serde_json::to_string(&profile(rows)).unwrap()
}

fn read(text: &str) -> Table {
    csv::read(text.as_bytes(), &ReadOptions::new("t.csv")).unwrap().0
}

fn laws(table: &Table) {
    let whole = written(table);
    let back: Profile = serde_json::from_str(&whole).unwrap();
    assert_eq!(back, profile(table), "{whole}");
    for budget in [None, Some(1 << 16)] {
        let whole = written(&Cut { table, rows: 1000, budget });
        for rows in [1, 2, 7, 64] {
            assert_eq!(written(&Cut { table, rows, budget }), whole, "{rows} rows a chunk\n{table}");
        }
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| written(&Cut { table, rows: 5, budget })), whole, "{threads} threads\n{table}");
        }
    }
}

#[test]
fn laws_hold_at_the_edges() {
    edge_tables().iter().for_each(laws);
    let table = random_table(Key::new(1), 60);
    laws(&table.with_role("truth", Role::Target).unwrap());
    laws(&table.with_role("real", Role::Target).unwrap());
    laws(&Table::with_rows(Vec::new(), Vec::new(), 0).unwrap());
    laws(&Table::with_rows(Vec::new(), Vec::new(), 7).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn laws_hold_over_random_tables(seed in any::<u64>(), rows in 0..90_usize) {
        laws(&random_table(Key::new(seed), rows));
    }
}

#[test]
fn little_memory_gives_estimates_that_say_so() {
    let text: String = (0..4000).map(|row| format!("{},name {}\n", row * row % 3989, row)).collect();
    let table = read(&format!("x,name\n{text}"));
    let found = profile(&Cut { table: &table, rows: 100, budget: Some(1 << 16) });
    let [x, name] = &found.columns[..] else { panic!("two columns") };
    assert!(x.numbers.as_ref().unwrap().approximate);
    assert!(!name.distinct.exact && name.distinct.value.abs_diff(4000) < 400, "{:?}", name.distinct);
    assert!(name.levels.is_empty());
    assert!(!profile(&table).columns[0].numbers.as_ref().unwrap().approximate);
    assert_eq!(profile(&table).columns[1].distinct, Counted { value: 4000, exact: true });
}

#[test]
fn columns_alone_take_one_pass() {
    let table = random_table(Key::new(3), 50);
    let whole = profile(&table);
    let columns = Profile::of(&table, &Options { on: None, depth: Depth::Columns }).unwrap();
    assert!(columns.associations.is_empty() && columns.suspicions.is_empty() && columns.duplicates.is_none());
    for (one, other) in columns.columns.iter().zip(&whole.columns) {
        assert_eq!((&one.levels, one.distinct, one.missing), (&other.levels, other.distinct, other.missing));
    }
    let on = Some(Selection::Union(vec![Selection::name("text"), Selection::name("real")]));
    let some = Profile::of(&table, &Options { on, depth: Depth::Whole }).unwrap();
    let names: Vec<&str> = some.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["real", "text"]);
}

/// A table with a problem in every column, and the findings.
#[test]
fn what_is_suspicious_is_said() {
    let mut text = String::from("row,name,one,most,copy,target,leak,hidden,typed,gaps,level,tail,ok\n");
    for row in 0..200_u32 {
        let target = row % 3 == 0;
        let shuffled = row * 37 % 200;
        let cells = [
            (shuffled + 1).to_string(),
            format!("person {shuffled}"),
            "x".to_owned(),
            if row == 7 { "rare" } else { "usual" }.to_owned(),
            format!("{}", row % 13),
            if target { "yes" } else { "no" }.to_owned(),
            format!("{}", u32::from(target) * 1000 + row % 17),
            if target { String::new() } else { "there".to_owned() },
            if row % 40 == 0 { "none yet".to_owned() } else { format!("{}", row % 19) },
            if row % 5 == 0 { format!("{row}") } else { String::new() },
            format!("level {}", row % 70),
            format!("{}", 2.0_f64.powi((row % 23) as i32)),
            format!("{}", row % 13),
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    let table = read(&text).with_role("target", Role::Target).unwrap();
    let found = profile(&table);
    let said: Vec<String> = found
        .suspicions
        .iter()
        .map(|suspicion| {
            let column = suspicion.column.as_deref().unwrap_or("rows");
            format!("{column} {} → {}", suspicion.reason, suspicion.stage.as_deref().unwrap_or("·"))
        })
        .collect();
    let expected = [
        "row is a row number → drop row",
        "name has 200 distinct texts in 200 rows → drop name",
        "one is always \"x\" → drop one",
        "most is \"usual\" in 99.5% of the rows → drop most",
        "leak alone predicts the target (AUC 1.0000) → drop leak",
        "hidden alone predicts the target (AUC 1.0000) → drop hidden",
        "typed is text, but 97.5% of its values are numbers; others: none yet → load … null=[\"none yet\"]",
        "gaps is missing in 80% of the rows → drop gaps",
        "level has 70 levels, which would be as many columns → encode target on level",
        "tail has a long tail of large values (skewness 3.4) → log1p on tail",
        "ok holds the same values as copy → drop ok",
    ];
    assert_eq!(said, expected);
}

#[test]
fn a_number_that_tells_a_number_is_a_leak() {
    let rows: String = (0..50).map(|row| format!("{},{},{}\n", row * 7 % 50, row * 14 % 100 + 3, row % 4)).collect();
    let table = read(&format!("y,x,z\n{rows}")).with_role("y", Role::Target).unwrap();
    let found = profile(&table);
    assert_eq!(found.suspicions.len(), 1, "{:?}", found.suspicions);
    assert!(matches!(&found.suspicions[0].reason, Reason::Leak { measure, .. } if measure == "R²"));
}

#[test]
fn zeros_far_below_the_rest_are_told() {
    let rows: String =
        (0..50).map(|row| format!("{},{}\n", if row == 7 { 0 } else { 40 + row % 9 }, row % 9)).collect();
    let found = profile(&read(&format!("x,y\n{rows}")));
    let told: Vec<(Option<&str>, &Reason)> =
        found.suspicions.iter().map(|suspicion| (suspicion.column.as_deref(), &suspicion.reason)).collect();
    let rows = Reason::DuplicateRows { count: 40, share: 0.8 };
    assert_eq!(told, [(None, &rows), (Some("x"), &Reason::StrayZeros { count: 1 })]);
}

#[test]
fn equal_rows_are_counted() {
    let table = read("a,b\n1,x\n1,x\n2,x\n,y\n,y\n1,x\n");
    assert_eq!(profile(&table).duplicates, Some(Counted { value: 3, exact: true }));
    let on = Options { on: Some(Selection::name("b")), ..Options::default() };
    assert_eq!(Profile::of(&table, &on).unwrap().duplicates, None);
}

#[test]
fn shares_are_never_rounded_to_nothing_or_all() {
    assert_eq!([0.0, 1e-5, 0.5, 0.1234, 0.99999, 1.0].map(percent), ["0%", "<0.1%", "50%", "12.3%", ">99.9%", "100%"]);
}

/// The text of a file of the repository.
macro_rules! text {
    ($path:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../", $path))
    };
}

/// The tables, by the names that the oracle calls them.
const TABLES: [(&str, &str); 4] = [
    ("penguins.csv", text!("dsl-examples/data/penguins.csv")),
    ("titanic.csv", text!("dsl-examples/data/titanic.csv")),
    ("credit_data.csv", text!("dsl-examples/data/credit_data.csv")),
    ("diamonds.csv", text!("dsl-examples/data/diamonds.csv")),
];

fn close(got: f64, expected: &Value, what: &str) {
    let expected = expected.as_f64().unwrap();
    assert!((got - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{what}: {got}, expected {expected}");
}

#[test]
fn profiles_agree() {
    let document: Value = serde_json::from_str(text!("tests/oracles/describe.json")).unwrap();
    let cases = document["cases"].as_array().unwrap();
    assert_eq!(cases.len(), TABLES.len());
    for case in cases {
        let (name, csv) = TABLES.iter().find(|(name, _)| *name == case["file"]).unwrap();
        let (table, _) = csv::read(csv.as_bytes(), &ReadOptions::new(*name)).unwrap();
        let profile = profile(&table);
        assert_eq!(profile.duplicates.unwrap().value, case["duplicates"].as_u64().unwrap(), "{name}");
        let column = |of: &str| profile.columns.iter().find(|column| *column.name == *of).unwrap();
        for (of, expected) in case["numbers"].as_object().unwrap() {
            numbers_agree(column(of), expected);
        }
        for (of, expected) in case["texts"].as_object().unwrap() {
            let (column, counts) = (column(of), expected["counts"].as_object().unwrap());
            assert_eq!(column.missing, expected["missing"].as_u64().unwrap(), "{of}");
            assert_eq!(column.distinct.value as usize, counts.len(), "{of}");
            assert!(column.levels.iter().all(|level| counts[&level.value] == level.count), "{of}");
        }
        for (field, measure) in [
            ("pearson", Measure::Pearson),
            ("cramers_v", Measure::CramersV),
            ("correlation_ratio", Measure::CorrelationRatio),
        ] {
            associations_agree(&profile, measure, case[field].as_array().unwrap());
        }
    }
}

fn numbers_agree(column: &ColumnProfile, expected: &Value) {
    let (name, numbers) = (&column.name, column.numbers.as_ref().unwrap());
    assert_eq!(column.missing, expected["missing"].as_u64().unwrap(), "{name}");
    assert_eq!(column.distinct.value, expected["distinct"].as_u64().unwrap(), "{name}");
    close(numbers.mean, &expected["mean"], &format!("mean of {name}"));
    close(numbers.std.unwrap(), &expected["std"], &format!("std of {name}"));
    close(numbers.skewness.unwrap(), &expected["skewness"], &format!("skewness of {name}"));
    for (quantile, expected) in numbers.quantiles.iter().zip(expected["quantiles"].as_array().unwrap()) {
        close(*quantile, expected, &format!("quantile of {name}"));
    }
}

fn associations_agree(profile: &Profile, measure: Measure, expected: &[Value]) {
    for entry in expected {
        let (one, other) = (entry[0].as_str().unwrap(), entry[1].as_str().unwrap());
        let found = profile.associations.iter().find(|association| {
            let (left, right) = (&*association.left, &*association.right);
            (left, right) == (one, other) || (left, right) == (other, one)
        });
        let found = found.unwrap_or_else(|| panic!("{one} with {other}"));
        assert_eq!(found.measure, measure, "{one} with {other}");
        close(found.value, &entry[2], &format!("{one} with {other}"));
    }
    assert_eq!(profile.associations.iter().filter(|found| found.measure == measure).count(), expected.len());
}
