"""Workbooks of every kind -> frames of text: .xlsx (transitional and strict), .xlsm, .xls, .xlsb, .ods.

Belongs here: sheets, header rows, merged cells, what a number format says of a number. Does not belong here: delimited text
(``tables``), units and limits (``contracts``): a cell leaves here as it is shown, with the unit that its format shows.
"""
