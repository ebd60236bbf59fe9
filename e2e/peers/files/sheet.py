# A sheet of machines as other people's programs write it: Python's csv module
# in four encodings and openpyxl (Debian: python3-openpyxl).
# usage: sheet.py FOLDER
import csv, json, os, sys
import openpyxl

folder = sys.argv[1]
rows = [["路径", "名称", "设备类型", "地址", "param.unit"], ["firm/hall/a", "数控车床㐀", "maker.lathe", "10.0.0.9:502", 7]]
for name, encoding in (("gb", "gb18030"), ("utf8", "utf-8"), ("bom", "utf-8-sig"), ("wide", "utf-16")):
    with open(os.path.join(folder, name), "w", encoding=encoding, newline="") as f:
        csv.writer(f).writerows(rows)
book = openpyxl.Workbook()
for row in rows:
    book.active.append(row)
book.save(os.path.join(folder, "xlsx"))
print(json.dumps({"event": "written"}), flush=True)
