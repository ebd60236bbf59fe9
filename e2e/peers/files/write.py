# A measuring program that leaves files in a folder: Python's csv module and
# openpyxl (Debian: python3-openpyxl), as other people's programs write them.
# usage: write.py FOLDER        one GB 18030 file of two rows
#        write.py FOLDER TAGS   a workbook with so many tags, one a line
import csv, datetime, json, os, sys

folder = sys.argv[1]


def finish(name):
    os.replace(os.path.join(folder, name + ".tmp"), os.path.join(folder, name))


if len(sys.argv) == 2:
    with open(os.path.join(folder, "result.csv.tmp"), "w", encoding="gb18030", newline="") as f:
        w = csv.writer(f)
        w.writerow(["时间", "零件号", "外径(mm)", "判定", "备注"])
        w.writerow(["2026-03-02 08:00:00", "6204-A1", "19.998", "合格", "首件"])
        w.writerow(["2026-03-02 08:00:30", "6204-A2", "20.002", "不合格", 'with "quotes", and a comma'])
    finish("result.csv")
else:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("测点")
    sheet.append(["变量名", "时间", "值"])
    start = datetime.datetime(2026, 3, 2, 8, 0, 0)
    for i in range(int(sys.argv[2])):
        sheet.append(["温度%d" % i, start + datetime.timedelta(seconds=i), i / 8])
    book.save(os.path.join(folder, "tags.xlsx.tmp"))
    finish("tags.xlsx")
print(json.dumps({"event": "written"}), flush=True)
