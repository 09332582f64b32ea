//! Execution of a query by a driver; the result is written as an Arrow IPC stream.

use crate::address::Address;
use adbc_core::error::{Error, Status};
use adbc_core::options::{AdbcVersion, OptionConnection, OptionDatabase, OptionValue};
use adbc_core::{Connection, Database, Driver, LOAD_FLAG_DEFAULT, Optionable, Statement};
use adbc_driver_manager::{ManagedConnection, ManagedDatabase, ManagedDriver};
use arrow_ipc::writer::StreamWriter;
use std::io::{self, Write};

/// Maximum size of a result in bytes.
const RESULT_BYTES_MAX: u64 = 16 << 30;

/// Writes the result of the query to `out`. Changes made by the query are rolled back, if the driver supports it.
pub(crate) fn run(address: &Address, out: &mut dyn Write) -> io::Result<()> {
    let failed = |error: Error| explained(&address.driver, &error);
    let mut connection = connected(&database(address).map_err(failed)?).map_err(failed)?;
    let mut statement = connection.new_statement().map_err(failed)?;
    statement.set_sql_query(&address.query).map_err(failed)?;
    let result = statement.execute().map_err(failed)?;
    let mut out = Bounded { out, left: RESULT_BYTES_MAX };
    let mut writer = StreamWriter::try_new(&mut out, &result.schema()).map_err(broken)?;
    for batch in result {
        writer
            .write(&batch.map_err(|error| io::Error::other(format!("{}: {error}", address.driver)))?)
            .map_err(broken)?;
    }
    writer.finish().map_err(broken)?;
    drop(statement);
    // Without a transaction there is nothing to roll back.
    let _ = connection.rollback();
    Ok(())
}

fn database(address: &Address) -> Result<ManagedDatabase, Error> {
    let load = |version| ManagedDriver::load_from_name(&address.driver, None, version, LOAD_FLAG_DEFAULT, None);
    let mut driver = match load(AdbcVersion::V110) {
        Err(error) if error.status == Status::NotImplemented => load(AdbcVersion::V100)?,
        loaded => loaded?,
    };
    let uri = address.uri.iter().map(|uri| (OptionDatabase::Uri, OptionValue::from(uri.as_str())));
    let others = address.options.iter();
    let others = others.map(|(key, value)| (OptionDatabase::Other(key.clone()), OptionValue::from(value.as_str())));
    driver.new_database_with_opts(uri.chain(others))
}

/// Opens a read-only connection without auto-commit, as far as the driver supports these options, each of which it may
/// reject.
fn connected(database: &ManagedDatabase) -> Result<ManagedConnection, Error> {
    let read_only = database.new_connection_with_opts([(OptionConnection::ReadOnly, OptionValue::from(true))]);
    let mut connection = read_only.or_else(|_| database.new_connection())?;
    // Some drivers only accept this on open connections.
    let _ = connection.set_option(OptionConnection::AutoCommit, OptionValue::from(false));
    Ok(connection)
}

/// Returns the first line of the driver's message; the rest repeats the query.
fn explained(driver: &str, error: &Error) -> io::Error {
    let message = error.message.trim();
    io::Error::other(format!("{driver}: {}", message.lines().next().unwrap_or("no reason given")))
}

fn broken(error: arrow_schema::ArrowError) -> io::Error {
    match error {
        arrow_schema::ArrowError::IoError(_, error) => error,
        error => io::Error::other(error),
    }
}

/// A writer with a size limit.
struct Bounded<'a> {
    out: &'a mut dyn Write,
    left: u64,
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            let message = format!("the result of the query is larger than {} GiB", RESULT_BYTES_MAX >> 30);
            io::Error::new(io::ErrorKind::FileTooLarge, message)
        })?;
        self.out.write_all(bytes)?;
        self.left = left;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
