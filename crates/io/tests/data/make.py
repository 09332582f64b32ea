"""Makes the workbooks of this folder: python make.py (openpyxl 3.1, xlwt 1.3, odfpy 1.4)."""

import datetime as dt
import zipfile

import openpyxl
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

HEADER = ["name", "age", "score", "born", "wakes", "member", "mixed"]
ROWS = [
    ["Ann", 38, 1.5, dt.datetime(1985, 3, 1), dt.time(6, 30), True, 1],
    ["Bob", None, 2, dt.datetime(1979, 12, 31, 23, 59, 59), dt.time(7, 0), False, "x"],
    ["NA", 7, None, None, None, None, None],
]


def xlsx():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "People"
    sheet.append([])
    sheet.append(HEADER + ["formula", "stays"])
    for row in ROWS:
        sheet.append(row)
    sheet["H3"] = "=1/0"
    sheet["H4"] = "=1+1"
    sheet["I3"] = dt.timedelta(hours=30)
    sheet["I4"] = dt.timedelta(minutes=1)
    # Formatted, but empty: no row of the table.
    sheet["A9"].font = openpyxl.styles.Font(bold=True)
    plain = book.create_sheet("Numbers")
    for row in [[1, 2.5], [3, 4.5]]:
        plain.append(row)
    book.create_sheet("Nothing")
    book.save("people.xlsx")
    # What openpyxl does not keep: the values of formulas.
    values = {
        b'<c r="H3"><f>1/0</f><v /></c>': b'<c r="H3" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
        b'<c r="H4"><f>1+1</f><v /></c>': b'<c r="H4"><f>1+1</f><v>2</v></c>',
    }
    with zipfile.ZipFile("people.xlsx") as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile("people.xlsx", "w", zipfile.ZIP_DEFLATED) as new:
        for name, part in parts.items():
            for formula, value in values.items():
                part = part.replace(formula, value)
            new.writestr(name, part)


def xls():
    book = xlwt.Workbook()
    sheet = book.add_sheet("People")
    date, time = xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM:SS"), xlwt.easyxf(num_format_str="HH:MM:SS")
    for column, name in enumerate(HEADER):
        sheet.write(0, column, name)
    for row, values in enumerate(ROWS, 1):
        for column, value in enumerate(values):
            if isinstance(value, dt.datetime):
                sheet.write(row, column, value, date)
            elif isinstance(value, dt.time):
                sheet.write(row, column, value, time)
            elif value is not None:
                sheet.write(row, column, value)
    book.save("people.xls")


def ods():
    book = OpenDocumentSpreadsheet()
    table = Table(name="People")
    for values in [HEADER] + ROWS:
        row = TableRow()
        for value in values:
            if value is None:
                cell = TableCell()
            elif isinstance(value, bool):
                cell = TableCell(valuetype="boolean", booleanvalue="true" if value else "false")
            elif isinstance(value, (int, float)):
                cell = TableCell(valuetype="float", value=value)
            elif isinstance(value, dt.datetime):
                cell = TableCell(valuetype="date", datevalue=value.isoformat())
            elif isinstance(value, dt.time):
                cell = TableCell(valuetype="time", timevalue=value.strftime("PT%HH%MM%SS"))
            else:
                cell = TableCell(valuetype="string")
                cell.addElement(P(text=value))
            row.addElement(cell)
        table.addElement(row)
    row = TableRow(numberrowsrepeated=1000)
    row.addElement(TableCell(numbercolumnsrepeated=1000))
    table.addElement(row)
    book.spreadsheet.addElement(table)
    book.save("people.ods")


xlsx()
xls()
ods()
