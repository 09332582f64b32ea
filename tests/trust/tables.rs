//! Tables of keyed random numbers: those that the corpus reads, and those that random scripts read.

use crate::support::root;
use pipewright::{Options, Session};
use pipewright_world::random::Key;
use pipewright_world::{MemoryWorld, World};
use std::f64::consts::TAU;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Files by name: cheaper to put into a world for every script than to make anew.
pub(crate) type Files = Vec<(String, Vec<u8>)>;

/// A world with these files, under their names and under `./NAME`, as in a folder.
pub(crate) fn world(files: &Files) -> Arc<MemoryWorld> {
    let place = |world: MemoryWorld, (name, bytes): &(String, Vec<u8>)| {
        world.with_file(name, bytes.clone()).with_file(format!("./{name}"), bytes.clone())
    };
    Arc::new(files.iter().fold(MemoryWorld::new(), place))
}

/// A standard normal number (Box and Muller).
fn normal(key: Key, row: u64) -> f64 {
    let radius = (-2.0 * (1.0 - key.child("radius").uniform(row)).ln()).sqrt();
    radius * (TAU * key.child("angle").uniform(row)).cos()
}

/// The day so many days after the first one of a year of 366 days.
fn date(year: u64, days: u64) -> String {
    const LENGTHS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (mut year, mut left) = (year, days);
    loop {
        for (month, length) in LENGTHS.iter().enumerate() {
            let length = length + u64::from(month == 1 && year.is_multiple_of(4));
            if left < length {
                return format!("{year}-{:02}-{:02}", month + 1, left + 1);
            }
            left -= length;
        }
        year += 1;
    }
}

fn csv(head: &str, rows: &[String]) -> Vec<u8> {
    format!("{head}\n{}\n", rows.join("\n")).into_bytes()
}

/// One class of two a row, which is noise.
fn classes(key: Key, count: usize) -> Vec<u64> {
    (0..count as u64).map(|row| key.child("y").below(row, 2)).collect()
}

const ROWS: usize = 400;
const MAIN: &str = "id,g,day,fold,w,x1,x2,x3,s,v,y";

/// Everything of a row of `t.csv` between the id and the target.
fn main_cells(key: Key) -> Vec<String> {
    let folds = key.child("fold").permutation(ROWS);
    let cells = |row: u64| {
        let number = |name: &str| normal(key.child(name), row);
        let x3 = if key.child("gap").uniform(row) < 0.09 { String::new() } else { format!("{:.4}", number("x3")) };
        format!(
            "g{:02},{},{},{:.3},{:.4},{:.4},{x3},{},{:.4}",
            key.child("g").below(row, 40),
            date(2020, row),
            folds[row as usize] % 5,
            0.5 + 1.5 * key.child("w").uniform(row),
            number("x1"),
            number("x2"),
            ["a", "b", "c", "d", "e", "f"][key.child("s").below(row, 6) as usize],
            number("v").exp(),
        )
    };
    (0..ROWS as u64).map(cells).collect()
}

/// `t.csv` and the tables that hold its rows: a copy, sorted by the target, with a code that tells the target.
fn main_tables(key: Key) -> Files {
    let (cells, y) = (main_cells(key), classes(key, ROWS));
    let rows = |between: &dyn Fn(usize) -> String| -> Vec<String> {
        (0..ROWS).map(|row| format!("{},{}{},{}", row + 1, cells[row], between(row), y[row])).collect()
    };
    let plain = rows(&|_| String::new());
    let coded = |row: usize| {
        format!(",{}-{}", if y[row] == 1 { 'X' } else { 'K' }, 1 + key.child("serial").below(row as u64, 9_999))
    };
    let coded2 = |row: usize| format!(",{:.3}", 3.0 * y[row] as f64 + 0.1 * normal(key.child("code"), row as u64));
    let mut order: Vec<usize> = (0..ROWS).collect();
    order.sort_by_key(|&row| y[row]);
    let sorted: Vec<String> = order.iter().map(|&row| plain[row].clone()).collect();
    let renumber = |(id, &row): (usize, &usize)| format!("{},{},{}", id + 1, cells[row], y[row]);
    let renumbered: Vec<String> = order.iter().enumerate().map(renumber).collect();
    let with_code = "id,g,day,fold,w,x1,x2,x3,s,v,code,y";
    vec![
        ("t.csv".into(), csv(MAIN, &plain)),
        ("t_copy.csv".into(), csv(MAIN, &plain)),
        ("coded.csv".into(), csv(with_code, &rows(&coded))),
        ("coded2.csv".into(), csv(with_code, &rows(&coded2))),
        ("sorted.csv".into(), csv(MAIN, &sorted)),
        ("sorted_ids.csv".into(), csv(MAIN, &renumbered)),
    ]
}

/// Tables in order of time: the target of `up.csv` is whether the next number is above 0, `walk.csv` is a random walk,
/// `month.csv` has a rate of the target for each of its seven months.
fn timed_tables(key: Key) -> Files {
    let up = |row: u64| {
        let x = |row: u64| normal(key.child("up"), row);
        let z = normal(key.child("z"), row);
        format!("{},{row},{:.4},{z:.4},{}", date(2020, row), x(row), u8::from(x(row + 1) > 0.0))
    };
    let mut up: Vec<String> = (0..ROWS as u64).map(up).collect();
    let mut price = 100.0;
    let mut walk = |row: u64| {
        price += normal(key.child("step"), row);
        format!("{},{row},{price:.4},{:.4}", date(2020, row), normal(key.child("walk z"), row))
    };
    let walk: Vec<String> = (0..ROWS as u64).map(&mut walk).collect();
    let month = |row: u64| {
        let month = row / 60;
        let rate = if key.child("month").below(month, 2) == 1 { 0.9 } else { 0.1 };
        let below = |name: &str, bound: u64| key.child(name).below(row, bound);
        let y = u8::from(key.child("month y").uniform(row) < rate);
        let x = normal(key.child("month x"), row);
        format!("2024-{:02}-01,m{month},{x:.3},{},g{},{y}", month + 1, below("month part", 5), below("month g", 30))
    };
    let mut month: Vec<String> = (0..420).map(month).collect();
    let (up_csv, month_csv) = (csv("day,n,x,z,y", &up), csv("day,code,x,part,grp,y", &month));
    up.reverse();
    month.reverse();
    month.sort_by(|a, b| b[..10].cmp(&a[..10]));
    vec![
        ("up.csv".into(), up_csv),
        ("up_desc.csv".into(), csv("day,n,x,z,y", &up)),
        ("walk.csv".into(), csv("day,n,price,z", &walk)),
        ("month.csv".into(), month_csv),
        ("month_desc.csv".into(), csv("day,code,x,part,grp,y", &month)),
    ]
}

/// Tables of groups, of gaps that follow the target, and to join.
fn other_tables(key: Key) -> Files {
    let y = classes(key.child("grp"), 40);
    let member = |row: &u32| {
        let group = row % 40;
        let part = key.child("part").below(u64::from(*row), 5);
        format!("g{group:02},c{group:02},{part},{}", y[group as usize])
    };
    let grp: Vec<String> = key.child("rows").permutation(ROWS).iter().map(member).collect();
    let imp = |row: u64| {
        let number = |name: &str| normal(key.child(name), row);
        let v = number("imp v");
        let near = format!("{:.3}", v + 0.05 * number("imp x3"));
        let x3 = if key.child("imp gap").uniform(row) < 0.8 { "" } else { &near };
        format!("{:.3},{x3},{v:.3}", number("imp x1"))
    };
    let imp: Vec<String> = (0..ROWS as u64).map(imp).collect();
    let dim: Vec<String> = (0..40).map(|g| format!("g{g:02},{:.3}", normal(key.child("size"), g))).collect();
    let past = |row: u64| format!("g{:02},{:.4}", key.child("past").below(row, 40), normal(key.child("past x"), row));
    let past: Vec<String> = (0..300).map(past).collect();
    vec![
        ("grp.csv".into(), csv("grp,code,part,y", &grp)),
        ("imp.csv".into(), csv("x1,x3,v", &imp)),
        ("dim.csv".into(), csv("g,size", &dim)),
        ("past.csv".into(), csv("g,x1", &past)),
        ("lookup.csv".into(), b"y,code\n0,10\n1,20\n".to_vec()),
    ]
}

/// A pipeline that knows its training rows by heart, and what it predicts for them.
const SAVING: &str = "load t.csv | target y | drop g, day, fold, w, v | cast text on id | fillna mean on @numeric
| encode onehot on id, s | train logistic(l2=0.1) | save m.pw";
const PREDICTING: &str = "load t.csv | predict m.pw keep=id | write m_preds.csv";

/// The tables that the corpus reads.
#[allow(clippy::disallowed_methods)]
pub(crate) fn corpus(seed: u64) -> Files {
    let key = Key::new(seed).child("corpus");
    let mut files = [main_tables(key), timed_tables(key), other_tables(key)].concat();
    files.push(("iris.csv".into(), fs::read(root().join("dsl-examples/data/iris.csv")).unwrap()));
    with_written(files, &[SAVING, PREDICTING], &["m.pw", "m_preds.csv"])
}

/// The files, and those that scripts write beside them.
fn with_written(mut files: Files, scripts: &[&str], written: &[&str]) -> Files {
    let world = world(&files);
    let session = Session::new(world.clone(), Options::default());
    for script in scripts {
        let done = session.run(script);
        assert!(done.is_ok(), "{}", crate::support::messages(&done, script));
    }
    files.extend(written.iter().map(|name| ((*name).to_owned(), world.read(Path::new(name)).unwrap())));
    files
}

/// Rows of `a.csv`.
pub(crate) const NOISE_ROWS: usize = 400;

/// Pipelines that know the targets by heart, and steps that know `y` by group.
const KNOWING: [&str; 3] = [
    "load a.csv | target y | select id | cast text on id | encode onehot | train logistic | save y.pw",
    "load a.csv | target v | select id | cast text on id | encode onehot | train ridge | save v.pw",
    "load a.csv | target y | select g, s | encode target smooth=0 | freeze steps.pw",
];

/// What random scripts read: `a.csv` with the targets `y` and `v`, which nothing tells, a copy of it, and `b.csv` with
/// more about its groups.
pub(crate) fn noise(seed: u64) -> Files {
    let key = Key::new(seed).child("noise");
    let cells = |row: u64| {
        let number = |name: &str| normal(key.child(name), row);
        let below = |name: &str, bound: u64| key.child(name).below(row, bound);
        let gap = |name: &str, text: String| if key.child(name).uniform(row) < 0.12 { String::new() } else { text };
        let (x1, x2, x3) = (number("x1"), number("x2"), gap("no x3", format!("{:.4}", number("x3"))));
        let (g, s) = (below("g", 24), ["red", "blue", "green", "grey"][below("s", 4) as usize]);
        let (c, w, v, y) = (below("c", 9), 0.5 + key.child("w").uniform(row), number("v"), below("y", 2));
        format!("{},g{g:02},{s},{},{c},{w:.3},{x1:.4},{x2:.4},{x3},{v:.4},{y}", row + 1, date(2020, row))
    };
    let a = csv("id,g,s,day,c,w,x1,x2,x3,v,y", &(0..NOISE_ROWS as u64).map(cells).collect::<Vec<_>>());
    let other = |g: u64| {
        let colour = ["dark", "light", "mixed"][key.child("colour").below(g, 3) as usize];
        let day = date(2020, key.child("since").below(g, 300));
        format!("g{g:02},{day},{:.3},{colour}", normal(key.child("size"), g))
    };
    let b = csv("g,day,size,colour", &(0..24).map(other).collect::<Vec<_>>());
    let files = vec![("a.csv".into(), a.clone()), ("copy.csv".into(), a), ("b.csv".into(), b)];
    with_written(files, &KNOWING, &["y.pw", "v.pw", "steps.pw"])
}

#[test]
fn days_are_those_of_the_calendar() {
    let days = [0, 59, 60, 365, 366, 396].map(|days| date(2020, days));
    assert_eq!(days, ["2020-01-01", "2020-02-29", "2020-03-01", "2020-12-31", "2021-01-01", "2021-01-31"]);
}
