//! Tables and queries, and what they may not do.

use super::*;
use pipewright_table::ColumnType;

fn options() -> ReadOptions {
    ReadOptions::new("t.db")
}

/// A database made by these statements.
fn database(sql: &str) -> Vec<u8> {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(sql).unwrap();
    connection.serialize("main").unwrap().to_vec()
}

fn read_with(bytes: &[u8], options: &ReadOptions) -> Result<Reading, Failure> {
    let content: Arc<dyn Content> = Arc::new(bytes.to_vec());
    crate::source::guarded(options, || SqliteReader.read(&content, options))
}

fn kinds(table: &Table) -> String {
    let columns = table.columns().iter().map(|column| format!("{}:{}", column.name, column.kind));
    columns.collect::<Vec<_>>().join(" ")
}

const MIXED: &str = "
    CREATE TABLE \"a \"\" table\" (n INTEGER, x REAL, s TEXT, d DATE, b BLOB, m, void);
    INSERT INTO \"a \"\" table\" VALUES (1, 1, 'é', '2024-01-31', x'00ff', 1, NULL), (NULL, 2.5, '', NULL, NULL, 'x', NULL),
        (-9223372036854775808, NULL, NULL, '2024-02-01 10:00:00', x'', 2.5, NULL);";

#[test]
fn the_only_table_is_read() {
    let reading = read_with(&database(MIXED), &options()).unwrap();
    assert_eq!(kinds(&reading.table), "n:count x:continuous s:text d:date b:text m:text void:text");
    assert_eq!(
        format!("\n{}", reading.table.show(10, 200)),
        "
                   n    x  s  d                    b     m    void
                   1    1  é  2024-01-31T00:00:00  00ff  1    ·
                   ·  2.5     ·                    ·     x    ·
-9223372036854775808    ·  ·  2024-02-01T10:00:00        2.5  ·
"
    );
    let notes: Vec<&str> = reading.notes.iter().map(|note| &*note.message).collect();
    assert_eq!(
        notes,
        [
            "`b` holds bytes: they are read as hexadecimal text",
            "`m` is read as text: it holds a number in row 1 and a text in row 2"
        ]
    );
    let facts = &reading.table.origin().unwrap().facts;
    assert_eq!(facts[..], [("format", "SQLite".to_string()), ("table", "a \" table".to_string())]);
}

#[test]
fn tables_are_named_and_queries_asked() {
    let bytes = database(
        "CREATE TABLE people (id, name); INSERT INTO people VALUES (1, 'Ann'), (2, 'Bob');
         CREATE TABLE visits (id, day); CREATE VIEW names AS SELECT name FROM people;",
    );
    let several = read_with(&bytes, &options()).unwrap_err();
    assert_eq!(
        (several.code, &*several.message),
        (code::MISSING_ARGUMENT, "the database has several tables: `people`, `visits`, `names`")
    );
    let part = |part: &str| read_with(&bytes, &ReadOptions { part: Some(part.into()), ..options() });
    assert_eq!(kinds(&part("People").unwrap().table), "id:count name:text");
    assert_eq!(part("names").unwrap().table.rows(), 2);
    assert_eq!(
        (part("visits").unwrap().table.rows(), kinds(&part("visits").unwrap().table)),
        (0, "id:text day:text".into())
    );
    let unknown = part("peopel").unwrap_err();
    assert_eq!((unknown.code, &*unknown.help[0]), (code::BAD_VALUE, "did you mean `people`?"));
    let query = |sql: &str| read_with(&bytes, &ReadOptions { query: Some(sql.into()), ..options() });
    let joined = query("SELECT p.id, q.id, count(*) AS n FROM people p, people q GROUP BY 1, 2 ORDER BY 1; ").unwrap();
    assert_eq!(kinds(&joined.table), "id:count id_2:count n:count");
    assert_eq!(joined.table.rows(), 4);
    for sql in [
        "DELETE FROM people",
        "INSERT INTO people VALUES (3, 'x') RETURNING id",
        "ATTACH 'x.db' AS x",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE people",
        "",
        " ; ",
        "BEGIN",
        "SELECT nonsense",
        "SELEC 1",
        "SELECT load_extension('x')",
        "CREATE TEMP TABLE x (y)",
        "VACUUM INTO 'x.db'",
    ] {
        let failure = query(sql).map(|reading| reading.table.rows()).expect_err(sql);
        assert_eq!(failure.code, code::BAD_VALUE, "{sql}: {failure}");
    }
    let endless = ReadOptions {
        query: Some("WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t) SELECT x FROM t".into()),
        limits: crate::Limits { memory_bytes: 1 << 20, ..crate::Limits::default() },
        ..options()
    };
    assert_eq!(read_with(&bytes, &endless).unwrap_err().code, code::LIMIT_REACHED);
    let random = "SELECT CASE WHEN value THEN 1 ELSE 'x' END FROM (SELECT 1 AS value UNION ALL SELECT 0) WHERE abs(random()) >= 0";
    assert_eq!(query(random).unwrap().table.rows(), 2);
}

#[test]
fn declared_kinds_and_wanted_columns() {
    let mut asked = options().with_columns(["x", "n"]);
    asked.kinds.insert("n".into(), ColumnType::Text);
    let table = read_with(&database(MIXED), &asked).unwrap().table;
    assert_eq!(kinds(&table), "n:text x:continuous");
    asked.kinds.insert("x".into(), ColumnType::Count);
    let misfit = read_with(&database(MIXED), &asked).unwrap_err();
    assert_eq!(
        (misfit.code, misfit.place.row, misfit.place.column.as_deref()),
        (code::KIND_CHANGED, Some(1), Some("x"))
    );
    let flags = database("CREATE TABLE t (flag); INSERT INTO t VALUES (1), (0), (NULL)");
    let mut asked = options();
    asked.kinds.insert("flag".into(), ColumnType::Bool);
    assert_eq!(kinds(&read_with(&flags, &asked).unwrap().table), "flag:bool");
}

#[test]
fn limits_hold() {
    let bytes = database(MIXED);
    let mut asked = options();
    asked.limits.columns = 3;
    assert_eq!(read_with(&bytes, &asked).unwrap_err().code, code::LIMIT_REACHED);
    asked = options();
    asked.limits.memory_bytes = 1000;
    assert_eq!(read_with(&bytes, &asked).unwrap_err().code, code::LIMIT_REACHED);
    asked = options();
    asked.limits.field_bytes = 2;
    assert_eq!(read_with(&bytes, &asked).unwrap_err().code, code::LIMIT_REACHED);
    assert_eq!(
        read_with(&database("CREATE TABLE t (a); DROP TABLE t"), &options()).unwrap_err().code,
        code::EMPTY_DATA
    );
}

#[test]
fn a_sketch_looks_at_the_first_rows() {
    let rows =
        "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t WHERE x < 1500) INSERT INTO n SELECT x FROM t";
    let content: Arc<dyn Content> = Arc::new(database(&format!("CREATE TABLE n (x); {rows}")));
    let seen = SqliteReader.sketch(&content, false, &options()).unwrap();
    assert_eq!((seen.rows_seen, seen.certain, seen.schema.find("x").unwrap().kind), (1000, false, ColumnType::Count));
    assert_eq!(SqliteReader.sketch(&content, true, &options()).unwrap().rows_seen, 0);
    assert_eq!(SqliteReader.scan(&content, &options()).unwrap().rows(), 1500);
}

#[test]
fn a_database_of_wal_mode_is_read() {
    let mut bytes = database(MIXED);
    bytes[18..20].fill(2);
    assert_eq!(read_with(&bytes, &options()).unwrap().table.rows(), 3);
}

#[test]
fn damaged_databases_are_refused_or_read() {
    let rows = "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t WHERE x < 400) INSERT INTO n SELECT x, 'row ' || x FROM t";
    let bytes = database(&format!("PRAGMA page_size = 512; CREATE TABLE n (x, y); {rows}"));
    assert!(bytes.len() > 5000);
    for length in (0..bytes.len()).step_by(97) {
        if let Err(failure) = read_with(&bytes[..length], &options()) {
            assert!(matches!(failure.code, code::BAD_FILE | code::EMPTY_DATA), "{length}: {failure}");
        }
    }
    assert_eq!(read_with(&bytes[..2000], &options()).unwrap_err().code, code::BAD_FILE);
    assert_eq!(read_with(b"SQLite format 3\0", &options()).unwrap_err().code, code::BAD_FILE);
    let known = [code::BAD_FILE, code::EMPTY_DATA, code::MISSING_ARGUMENT, code::LIMIT_REACHED];
    for place in (0..bytes.len()).step_by(13) {
        for flip in [1, 0x80, 0xFF] {
            let mut flipped = bytes.clone();
            flipped[place] ^= flip;
            if let Err(failure) = read_with(&flipped, &options()) {
                assert!(known.contains(&failure.code), "{place}: {failure}");
            }
        }
    }
}

#[test]
fn an_error_of_the_system_is_no_damage() {
    struct Broken;
    impl Content for Broken {
        fn size(&self) -> u64 {
            5000
        }
        fn read_at(&self, _: u64, _: &mut [u8]) -> io::Result<()> {
            Err(io::Error::other("no such sector"))
        }
    }
    let content: Arc<dyn Content> = Arc::new(Broken);
    assert_eq!(SqliteReader.read(&content, &options()).unwrap_err().code, code::CANNOT_READ);
}
