"""Lines of a set-up file, also where values go over several lines or hold what looks like a header."""

from clicktrail.control.catalog.tomllines import lines

TEXT = '''\
a = 1 # [[not]]
b = """
[[neither]]
c = 1
\\"""" # four quotes end it

[table]
"quoted key" = ["]", '[[x]]',
  # ] comment
  { inline = 1 }]
dotted.key = 'it''s'
[[list]]
x = 1
  [[list.inner]]
  y = 1
[[list]]
[list.table]
z = 1
[[list.inner]]
y = 2
'''.replace("'it''s'", "'its'")


def test_every_table_and_key_has_its_line() -> None:
    assert lines(TEXT) == {
        ("a",): 1,
        ("b",): 2,
        ("table",): 7,
        ("table", "quoted key"): 8,
        ("table", "dotted", "key"): 11,
        ("list", 0): 12,
        ("list", 0, "x"): 13,
        ("list", 0, "inner", 0): 14,
        ("list", 0, "inner", 0, "y"): 15,
        ("list", 1): 16,
        ("list", 1, "table"): 17,
        ("list", 1, "table", "z"): 18,
        ("list", 1, "inner", 0): 19,
        ("list", 1, "inner", 0, "y"): 20,
    }


def test_an_empty_file_has_no_lines() -> None:
    assert lines("") == {}
    assert lines("\n# nothing\n") == {}
