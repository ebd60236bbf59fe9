# Reads a word processor's document as another program does (Debian: python3-docx)
# and writes what it finds into a file.
# usage: document.py DOCUMENT TEXT
import json, sys
import docx

d = docx.Document(sys.argv[1])
with open(sys.argv[2], "w", encoding="utf-8") as out:
    print("title", d.core_properties.title, file=out)
    for p in d.paragraphs:
        print(p.style.name, p.text, file=out)
    for t in d.tables:
        print("table", len(t.rows), len(t.columns), file=out)
        for row in t.rows:
            print(" | ".join(c.text for c in row.cells), file=out)
print(json.dumps({"event": "written"}), flush=True)
