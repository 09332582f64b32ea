//! A figure of each kind, and the cases that are hard to draw.

mod results;

use pipewright_plot::*;

/// Numbers that look like measurements: the same ones everywhere.
fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        // The sum of four uniform numbers is nearly normal.
        let mut uniform = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        (uniform() + uniform() + uniform() + uniform() - 2.0) * 1.7
    }
}

pub(crate) fn normal(seed: u64, count: usize) -> Vec<f64> {
    let mut next = noise(seed);
    (0..count).map(|_| next()).collect()
}

pub(crate) fn long_names(count: usize) -> Vec<String> {
    let start = ["Příliš žluťoučký kůň", "a rather long name of a category", "東京都千代田区の気温", "short", "x"];
    (0..count).map(|index| format!("{} {index}", start[index % start.len()])).collect()
}

fn groups(count: usize, rows: usize) -> Vec<(String, Vec<f64>)> {
    let named = long_names(count).into_iter().enumerate();
    named
        .map(|(index, name)| {
            (name, normal(index as u64 + 1, rows).iter().map(|x| x * 8.0 + 40.0 + index as f64).collect())
        })
        .collect()
}

fn as_groups(groups: &[(String, Vec<f64>)]) -> Vec<Group<'_>> {
    groups.iter().map(|(name, values)| Group { name, values }).collect()
}

/// Every kind of figure with usual values.
pub(crate) fn usual() -> Vec<(&'static str, Figure)> {
    let mut all = data();
    all.extend(results::results());
    all.extend(results::explanations());
    all
}

fn data() -> Vec<(&'static str, Figure)> {
    let mut price: Vec<f64> = normal(1, 100).iter().map(|x| (x * 0.5 + 10.0).exp()).collect();
    price[7] = f64::NAN;
    let area: Vec<f64> = price.iter().zip(normal(2, 100)).map(|(price, noise)| price / 300.0 + noise * 20.0).collect();
    let price_column = Column { name: "price", unit: "EUR", values: &price };
    let area_column = Column { name: "floor area", unit: "m²", values: &area };
    let kinds: Vec<&str> = (0..100).map(|row| ["flat", "house", "castle"][row * row % 7 % 3]).collect();
    let by = Categories { name: "kind", values: &kinds };
    let five = groups(5, 60);
    let three = groups(3, 80);
    let correlation = [1.0, 0.83, -0.4, 0.02, 0.83, 1.0, -0.21, 0.1, -0.4, -0.21, 1.0, -0.65, 0.02, 0.1, -0.65, 1.0];
    let bars_of: Vec<Bar<'_>> = five
        .iter()
        .enumerate()
        .map(|(index, (name, _))| Bar { name, value: 120.0 - 17.5 * index as f64, interval: None })
        .collect();
    let parts: Vec<(&str, f64)> = five
        .iter()
        .chain(&three)
        .enumerate()
        .map(|(index, (name, _))| (name.as_str(), 40.0 - 5.0 * index as f64))
        .collect();
    let years: Vec<f64> = normal(10, 100).iter().map(|x| (1990.0 + x * 12.0).round()).collect();
    let gaps: Vec<Vec<bool>> = (1..=6_u32)
        .map(|column| {
            (0..400_u32)
                .map(|row| (row * row * column) % 37 < column - 1 || (column == 3 && (200..270).contains(&row)))
                .collect()
        })
        .collect();
    let names = long_names(6);
    let missing: Vec<(&str, &[bool])> =
        names.iter().zip(&gaps).map(|(name, gaps)| (name.as_str(), gaps.as_slice())).collect();
    let multiples: Vec<(&str, Figure)> = five
        .iter()
        .map(|(name, values)| {
            (
                name.as_str(),
                histogram(&Histogram {
                    column: Column { name: "temperature", unit: "°C", values },
                    bins: Some(12),
                    range: Some([20.0, 65.0]),
                }),
            )
        })
        .collect();
    let scores: Vec<[f64; 2]> = normal(11, 100).into_iter().zip(normal(12, 100)).map(|(x, y)| [x * 2.0, y]).collect();
    let loadings = [
        ("price", [0.7, 0.1]),
        ("floor area", [0.65, 0.2]),
        ("distance to the centre", [-0.3, 0.6]),
        ("year", [-0.1, -0.75]),
    ];
    let days: Vec<f64> = (0..400).map(|day| 1.7e9 + 86_400.0 * f64::from(day)).collect();
    let sales: Vec<f64> =
        normal(4, 400).iter().enumerate().map(|(day, x)| 200.0 + day as f64 * 0.3 + x * 12.0).collect();
    vec![
        ("histogram", histogram(&Histogram { column: price_column, bins: None, range: None })),
        ("densities", densities(&Densities { name: "temperature", unit: "°C", groups: &as_groups(&three) })),
        ("boxes", boxes(&Boxes { name: "temperature", unit: "°C", by: "place", groups: &as_groups(&five) })),
        (
            "bars",
            bars(&Bars {
                title: "Sales by place",
                by: "place",
                name: "sales",
                unit: "1000 EUR",
                bars: &bars_of,
                in_order: false,
            }),
        ),
        ("scatter", scatter(&Scatter { x: area_column, y: price_column, by: None })),
        ("scatter-by", scatter(&Scatter { x: area_column, y: price_column, by: Some(by) })),
        ("violins", violins(&Boxes { name: "temperature", unit: "°C", by: "place", groups: &as_groups(&five) })),
        ("strips", strips(&Boxes { name: "temperature", unit: "°C", by: "place", groups: &as_groups(&five) })),
        ("pie", pie("Sales by place", &parts)),
        ("scatter-matrix", scatter_matrix(&[area_column, price_column, Column::new("year", &years)])),
        ("missing-values", missing_values(&missing)),
        ("small-multiples", small_multiples("Temperature by place", &multiples)),
        (
            "components",
            components(&Components {
                scores: &scores,
                by: Some(by),
                loadings: &loadings,
                explained: &[0.52, 0.23, 0.11, 0.08, 0.06],
            }),
        ),
        ("correlations", correlations(&["price", "floor area", "distance to the centre", "year"], &correlation)),
        (
            "lines",
            lines(&Lines {
                x: Column::new("day", &days),
                is_time: true,
                y: &[Column { name: "sales", unit: "EUR", values: &sales }],
            }),
        ),
    ]
}

/// What is hard to draw: nothing, one row, a constant, many rows, many names.
pub(crate) fn hard() -> Vec<(&'static str, Figure)> {
    let million = normal(3, 1_000_000);
    let other: Vec<f64> = million.iter().zip(normal(5, 1_000_000)).map(|(x, noise)| x * 2.0 + noise).collect();
    let fifty = groups(50, 30);
    let many = groups(5000, 3);
    let two = groups(2, 30);
    let sixteen: Vec<(&str, Figure)> = fifty[..16]
        .iter()
        .map(|(name, values)| {
            (
                name.as_str(),
                histogram(&Histogram {
                    column: Column { name: "temperature", unit: "°C", values },
                    bins: Some(10),
                    range: Some([10.0, 70.0]),
                }),
            )
        })
        .collect();
    let signed: Vec<Bar<'_>> = fifty[..6]
        .iter()
        .enumerate()
        .map(|(index, (name, _))| Bar { name, value: 12.0 - 5.0 * index as f64, interval: None })
        .collect();
    let places: Vec<Vec<[f64; 2]>> = (1..=9)
        .map(|power| {
            (0..=20).map(|step| f64::from(step) / 20.0).map(|x: f64| [x, x.powf(1.0 / f64::from(power))]).collect()
        })
        .collect();
    let nine: Vec<Curve<'_>> = fifty
        .iter()
        .zip(&places)
        .map(|((name, _), places)| Curve { name, places, band: &[], score: Some(0.8) })
        .collect();
    let twenty: Vec<&str> = (0..300).map(|row| fifty[row * 7 % 20].0.as_str()).collect();
    let fifty_names = long_names(50);
    let fifty_names: Vec<&str> = fifty_names.iter().map(String::as_str).collect();
    let tiles: Vec<f64> = (0..2500).map(|index| ((index % 50) as f64 - (index / 50) as f64).cos()).collect();
    let bars_of = |groups: &[(String, Vec<f64>)]| {
        let bars: Vec<Bar<'_>> =
            groups.iter().map(|(name, values)| Bar { name, value: values[0], interval: None }).collect();
        bars_figure(&bars)
    };
    let boxes_of = |groups: &[(String, Vec<f64>)]| {
        boxes(&Boxes { name: "temperature", unit: "°C", by: "place", groups: &as_groups(groups) })
    };
    vec![
        (
            "histogram-none",
            histogram(&Histogram {
                column: Column::new("nothing", &[f64::NAN, f64::INFINITY]),
                bins: None,
                range: None,
            }),
        ),
        ("histogram-one", histogram(&Histogram { column: Column::new("one", &[3.0]), bins: None, range: None })),
        (
            "histogram-constant",
            histogram(&Histogram { column: Column::new("constant", &[5e9; 30]), bins: None, range: None }),
        ),
        ("histogram-million", histogram(&Histogram { column: Column::new("many", &million), bins: None, range: None })),
        ("scatter-one", scatter(&Scatter { x: Column::new("x", &[1.0]), y: Column::new("y", &[2.0]), by: None })),
        ("scatter-million", scatter(&Scatter { x: Column::new("x", &million), y: Column::new("y", &other), by: None })),
        (
            "lines-million",
            lines(&Lines { x: Column::new("x", &million), is_time: false, y: &[Column::new("y", &other)] }),
        ),
        ("boxes-two", boxes_of(&two)),
        ("boxes-50", boxes_of(&fifty)),
        ("boxes-5000", boxes_of(&many)),
        ("bars-one", bars_of(&two[..1])),
        ("bars-50", bars_of(&fifty)),
        ("bars-5000", bars_of(&many)),
        ("tree-63", results::large_tree()),
        ("plan-chain", results::long_plan()),
        ("small-multiples-16", small_multiples("Temperature by place", &sixteen)),
        (
            "bars-negative",
            bars(&Bars { title: "Change of sales", by: "", name: "change", unit: "%", bars: &signed, in_order: true }),
        ),
        ("roc-9", roc(&nine)),
        (
            "scatter-by-20",
            scatter(&Scatter {
                x: Column::new("x", &million[..300]),
                y: Column::new("y", &other[..300]),
                by: Some(Categories { name: "place", values: &twenty }),
            }),
        ),
        (
            "heat-map-50",
            heat_map(&HeatMap {
                title: "Distances of fifty places",
                name: "distance",
                row_label: "from",
                column_label: "to",
                rows: &fifty_names,
                columns: &fifty_names,
                values: &tiles,
                cells: Ramp::Sequential,
            }),
        ),
    ]
}

fn bars_figure(of: &[Bar<'_>]) -> Figure {
    bars(&Bars {
        title: "Sales by place, with a title that is so long that it does not fit on one line of a picture that is 800 pixels wide",
        by: "place",
        name: "sales",
        unit: "EUR",
        bars: of,
        in_order: false,
    })
}
