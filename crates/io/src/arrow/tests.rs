//! What every Arrow type becomes.

use super::*;
use arrow_array::types::*;
use arrow_array::*;
use arrow_buffer::{NullBuffer, i256};
use arrow_schema::{IntervalUnit, UnionFields};
use pipewright_table::Table;

/// The column that an array becomes, and the notes on it.
fn column(array: ArrayRef, options: &ReadOptions) -> Result<(Table, Vec<Failure>), Failure> {
    let fields = Fields::from(vec![Field::new("x", array.data_type().clone(), true)]);
    let mut layout = Layout::of(&fields, options)?;
    let (mut columns, mut arrays) = (Vec::new(), Vec::new());
    for source in &mut layout.sources {
        let cells = Cells::of(std::slice::from_ref(&array), &source.path).unwrap();
        let fit = !source.is_open() || source.fits(&cells);
        layout.notes.extend(source.settle(fit, options));
        let converted = source.convert(&cells, 0, &Allowance::new(1 << 20, options), options)?;
        layout.notes.extend(converted.lost.map(|lost| source.loss_note(lost, options)));
        columns.push(source.column.clone());
        arrays.push(converted.array);
    }
    Ok((Table::with_rows(columns, arrays, array.len())?, layout.notes))
}

fn usual(array: impl Array + 'static) -> (Table, Vec<Failure>) {
    column(Arc::new(array), &ReadOptions::new("t.arrow")).unwrap()
}

fn declared(array: impl Array + 'static, kind: ColumnType) -> Result<Table, Failure> {
    let mut options = ReadOptions::new("t.arrow");
    options.kinds.insert("x".into(), kind);
    column(Arc::new(array), &options).map(|(table, _)| table)
}

/// The values as the table shows them; nothing for null.
fn shown(table: &Table) -> Vec<String> {
    let (_, array) = table.find("x").unwrap();
    (0..table.rows()).map(|row| pipewright_table::text::text_of(array, row).unwrap_or_default()).collect()
}

fn kind(table: &Table) -> ColumnType {
    table.columns()[0].kind
}

#[test]
fn numbers_of_every_width() {
    let cases: Vec<(ArrayRef, ColumnType, [&str; 3])> = vec![
        (Arc::new(Int8Array::from(vec![Some(-128), None, Some(127)])), ColumnType::Count, ["-128", "", "127"]),
        (Arc::new(UInt32Array::from(vec![Some(0), None, Some(u32::MAX)])), ColumnType::Count, ["0", "", "4294967295"]),
        (Arc::new(Float32Array::from(vec![Some(0.5), None, Some(-1.0)])), ColumnType::Continuous, ["0.5", "", "-1"]),
        (
            Arc::new(
                Decimal128Array::from(vec![Some(-123), None, Some(i128::from(u64::MAX))])
                    .with_precision_and_scale(30, 2)
                    .unwrap(),
            ),
            ColumnType::Continuous,
            ["-1.23", "", "184467440737095520"],
        ),
        (
            Arc::new(
                Decimal256Array::from(vec![Some(i256::from_i128(5)), None, Some(i256::from_i128(-70))])
                    .with_precision_and_scale(50, 1)
                    .unwrap(),
            ),
            ColumnType::Continuous,
            ["0.5", "", "-7"],
        ),
        (
            Arc::new(DurationMillisecondArray::from(vec![Some(1500), None, Some(0)])),
            ColumnType::Continuous,
            ["1.5", "", "0"],
        ),
        (Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])), ColumnType::Bool, ["true", "", "false"]),
        (Arc::new(NullArray::new(3)), ColumnType::Text, ["", "", ""]),
    ];
    for (array, expected, values) in cases {
        let (table, notes) = column(array.clone(), &ReadOptions::new("t.arrow")).unwrap();
        assert_eq!((kind(&table), shown(&table)), (expected, values.map(String::from).into()), "{array:?}");
        // A decimal of more digits than a float has loses some, which is told.
        assert_eq!(notes.len(), usize::from(values[2].len() > 15), "{notes:?}");
    }
}

#[test]
fn unsigned_numbers_are_counts_unless_one_is_too_large() {
    let (table, notes) = usual(UInt64Array::from(vec![Some(1), Some(i64::MAX as u64), None]));
    assert_eq!((kind(&table), notes), (ColumnType::Count, vec![]));
    let (table, notes) = usual(UInt64Array::from(vec![Some(1), Some(u64::MAX)]));
    assert_eq!(kind(&table), ColumnType::Continuous);
    assert_eq!(notes[0].code, code::TYPE_WIDENED);
    let refused = declared(UInt64Array::from(vec![Some(1), Some(u64::MAX)]), ColumnType::Count).unwrap_err();
    assert_eq!((refused.code, refused.place.row), (code::KIND_CHANGED, Some(2)));
    let text = declared(UInt64Array::from(vec![u64::MAX]), ColumnType::Text).unwrap();
    assert_eq!(shown(&text), ["18446744073709551615"]);
}

#[test]
fn bytes_are_text_if_they_are_utf_8() {
    let (table, notes) = usual(BinaryArray::from_opt_vec(vec![Some("ü".as_bytes()), None]));
    assert_eq!((shown(&table), notes), (vec!["ü".to_string(), String::new()], vec![]));
    let (table, notes) = usual(BinaryArray::from_vec(vec![b"ab", b"\xFF\x0a"]));
    assert_eq!(shown(&table), ["6162", "ff0a"]);
    assert_eq!(notes[0].code, code::TYPE_WIDENED);
    // A null may hold anything.
    let nulls = NullBuffer::from(vec![true, false]);
    let (offsets, values, _) = BinaryArray::from_vec(vec![b"ab", b"\xFF"]).into_parts();
    let (table, notes) = usual(BinaryArray::new(offsets, values, Some(nulls)));
    assert_eq!((shown(&table), notes), (vec!["ab".to_string(), String::new()], vec![]));
}

#[test]
fn dates_and_times_are_microseconds() {
    let (table, _) = usual(Date32Array::from(vec![Some(1), None]));
    assert_eq!((kind(&table), shown(&table)), (ColumnType::Date, vec!["1970-01-02".to_string(), String::new()]));
    let zoned = TimestampSecondArray::from(vec![Some(1)]).with_timezone("Europe/Paris");
    let (table, notes) = usual(zoned);
    assert_eq!(shown(&table), ["1970-01-01T00:00:01"]);
    assert!(notes[0].message.contains("Europe/Paris"), "{notes:?}");
    let (_, notes) = usual(TimestampMicrosecondArray::from(vec![Some(1)]).with_timezone("UTC"));
    assert_eq!(notes, []);
    let (table, notes) = usual(TimestampNanosecondArray::from(vec![Some(-1), Some(1000)]));
    assert_eq!(shown(&table), ["1969-12-31T23:59:59.999999", "1970-01-01T00:00:00.000001"]);
    assert_eq!(notes.len(), 1);
    let (table, _) = usual(Time32MillisecondArray::from(vec![Some(86_399_999)]));
    assert_eq!((kind(&table), shown(&table)), (ColumnType::Time, vec!["23:59:59.999".to_string()]));
    let refused =
        column(Arc::new(TimestampSecondArray::from(vec![Some(0), Some(i64::MAX)])), &ReadOptions::new("t.arrow"));
    let refused = refused.unwrap_err();
    assert_eq!((refused.place.row, refused.place.column.as_deref()), (Some(2), Some("x")));
    assert!(column(Arc::new(Time64MicrosecondArray::from(vec![-1])), &ReadOptions::new("t")).is_err());
}

#[test]
fn structs_are_flattened_and_their_nulls_hold() {
    let inner = Fields::from(vec![Field::new("b", DataType::Int64, true)]);
    let b: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let inner_array = StructArray::new(inner.clone(), vec![b], Some(NullBuffer::from(vec![true, false, true])));
    let outer =
        Fields::from(vec![Field::new("a", DataType::Struct(inner), true), Field::new("t", DataType::Utf8, true)]);
    let t: ArrayRef = Arc::new(StringArray::from(vec!["p", "q", "r"]));
    let array =
        StructArray::new(outer, vec![Arc::new(inner_array), t], Some(NullBuffer::from(vec![true, true, false])));
    let (table, _) = usual(array);
    let names: Vec<&str> = table.columns().iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["x.a.b", "x.t"]);
    let nulls: Vec<usize> = table.arrays().iter().map(|array| array.null_count()).collect();
    assert_eq!(nulls, [2, 1]);
    assert_eq!(table.arrays()[0].as_primitive::<Int64Type>().value(0), 1);
}

#[test]
fn lists_and_maps_are_json() {
    let lists = ListArray::from_iter_primitive::<Float64Type, _, _>(vec![
        Some(vec![Some(1.5), None, Some(f64::INFINITY)]),
        None,
        Some(vec![]),
    ]);
    let (table, notes) = usual(lists);
    assert_eq!(shown(&table), ["[1.5,null,\"inf\"]", "", "[]"]);
    assert_eq!(notes[0].code, code::TYPE_WIDENED);
    let mut maps = builder::MapBuilder::new(None, builder::StringBuilder::new(), builder::Int32Builder::new());
    for keys in [["a", "b"], ["a", "a"]] {
        for key in keys {
            maps.keys().append_value(key);
            maps.values().append_value(7);
        }
        maps.append(true).unwrap();
    }
    let (table, _) = usual(maps.finish());
    assert_eq!(shown(&table), ["{\"a\":7,\"b\":7}", "[[\"a\",7],[\"a\",7]]"]);
}

#[test]
fn unions_intervals_runs_and_dictionaries() {
    let fields: UnionFields =
        [(0, Arc::new(Field::new("n", DataType::Int32, true))), (1, Arc::new(Field::new("t", DataType::Utf8, true)))]
            .into_iter()
            .collect();
    let children: Vec<ArrayRef> =
        vec![Arc::new(Int32Array::from(vec![Some(1), None])), Arc::new(StringArray::from(vec!["x", "y"]))];
    let union = UnionArray::try_new(fields, vec![0, 1].into(), None, children).unwrap();
    assert_eq!(shown(&usual(union).0), ["1", "y"]);

    let interval = IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNanoType::make_value(1, 2, -1_500_000_000)]);
    assert_eq!(*interval.data_type(), DataType::Interval(IntervalUnit::MonthDayNano));
    assert_eq!(shown(&usual(interval).0), ["P1M2DT-1.5S"]);

    let runs = RunArray::<Int32Type>::try_new(&Int32Array::from(vec![2, 3]), &StringArray::from(vec![Some("p"), None]))
        .unwrap();
    assert_eq!(shown(&usual(runs).0), ["p", "p", ""]);

    let keys = Int8Array::from(vec![Some(1), None, Some(0)]);
    let dictionary = DictionaryArray::try_new(keys, Arc::new(StringArray::from(vec![Some("a"), None]))).unwrap();
    assert_eq!(shown(&usual(dictionary).0), ["", "", "a"]);
}

#[test]
fn a_small_file_may_not_turn_into_much_text() {
    let long = "x".repeat(1 << 20);
    let keys = Int32Array::from(vec![0; 2000]);
    let dictionary = DictionaryArray::try_new(keys, Arc::new(StringArray::from(vec![long.as_str()]))).unwrap();
    let options = ReadOptions::new("t.arrow");
    let fields = Fields::from(vec![Field::new("x", dictionary.data_type().clone(), true)]);
    let layout = Layout::of(&fields, &options).unwrap();
    let cells = Cells::of(&[Arc::new(dictionary)], &[0]).unwrap();
    let refused = layout.sources[0].convert(&cells, 0, &Allowance::new(1 << 10, &options), &options);
    assert_eq!(refused.err().unwrap().code, code::LIMIT_REACHED);
}

#[test]
fn declared_kinds_are_kept_or_refused() {
    assert_eq!(shown(&declared(Int32Array::from(vec![1, 2]), ColumnType::Continuous).unwrap()), ["1", "2"]);
    assert_eq!(shown(&declared(Float64Array::from(vec![1.0, 2.0]), ColumnType::Count).unwrap()), ["1", "2"]);
    assert_eq!(shown(&declared(StringArray::from(vec!["7", "-8"]), ColumnType::Count).unwrap()), ["7", "-8"]);
    assert_eq!(shown(&declared(StringArray::from(vec!["True"]), ColumnType::Bool).unwrap()), ["true"]);
    assert_eq!(shown(&declared(StringArray::from(vec!["2024-02-29"]), ColumnType::Date).unwrap()), ["2024-02-29"]);
    assert_eq!(shown(&declared(StringArray::from(vec!["12:30"]), ColumnType::Time).unwrap()), ["12:30:00"]);
    assert_eq!(shown(&declared(Date32Array::from(vec![0]), ColumnType::Id).unwrap()), ["1970-01-01"]);
    assert_eq!(kind(&declared(NullArray::new(2), ColumnType::Date).unwrap()), ColumnType::Date);
    for (refused, row) in [
        (declared(Float64Array::from(vec![1.0, 0.5]), ColumnType::Count), 2),
        (declared(StringArray::from(vec!["seven"]), ColumnType::Continuous), 1),
        (declared(Int64Array::from(vec![0, 1, 2]), ColumnType::Bool), 3),
        (declared(Int64Array::from(vec![0]), ColumnType::Date), 1),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!((refused.code, refused.place.row), (code::KIND_CHANGED, Some(row)), "{refused}");
        assert_eq!(refused.place.column.as_deref(), Some("x"));
    }
}

#[test]
fn types_that_nest_without_end_are_refused() {
    let mut nested = DataType::Int8;
    for _ in 0..200 {
        nested = DataType::List(Arc::new(Field::new("item", nested, true)));
    }
    let fields = Fields::from(vec![Field::new("x", nested, true)]);
    assert_eq!(Layout::of(&fields, &ReadOptions::new("t")).unwrap_err().code, code::LIMIT_REACHED);
}

#[test]
fn decimals_that_lose_digits_are_told() {
    let decimals = |numbers: Vec<i128>| Decimal128Array::from(numbers).with_precision_and_scale(30, 2).unwrap();
    let notes = usual(decimals(vec![1, 1_234_567_890_123_456_789])).1;
    let [note] = &notes[..] else { panic!("{notes:?}") };
    assert_eq!(note.message, "`x` holds decimals of more digits than a 64-bit number: they are rounded");
    assert_eq!(note.help, ["to keep all digits: load … schema=\"x: text\""]);
    assert!(usual(decimals(vec![1_234_567_890_123_400, -250])).1.is_empty());
    let text = declared(decimals(vec![1_234_567_890_123_456_789]), ColumnType::Text).unwrap();
    assert_eq!(shown(&text), ["12345678901234567.89"]);
}
