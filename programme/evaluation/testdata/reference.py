#!/usr/bin/env python3
"""Scores made-up firms by three rules, written from the rules' texts and
without the product: python3 reference.py > reference.json"""
import json, math, random

random.seed(20221231)
MU = 10000 / 15  # square metres
VALUES = ["tax_fen", "land_m2", "value_added_fen", "energy_kgce", "emission_kg", "employees", "rd_fen", "sales_fen", "electricity_kwh"]


def firms(n, above):
    out = []
    for i in range(n):
        staff = random.randint(15, 900)
        added = int(staff * random.lognormvariate(0, .5) * 16e6)
        v = {
            "employees": staff, "value_added_fen": added, "sales_fen": int(added * random.uniform(2.5, 6)),
            "tax_fen": int(added * random.uniform(.05, .2)), "land_m2": random.randint(1500, 90000),
            "energy_kgce": int(added / 1e6 / random.lognormvariate(1, .4) * 1000), "emission_kg": random.randint(5, 90000),
            "rd_fen": int(added * random.uniform(0, .15)), "electricity_kwh": random.randint(20000, 9000000),
        }
        if i % 7 == 3: del v["emission_kg"]
        if i % 11 == 5: del v["rd_fen"]
        if i % 13 == 6: v["land_m2"] = 0
        if i % 17 == 8: del v["employees"]
        if i == 9: v["value_added_fen"] = -abs(v["value_added_fen"])  # a year of loss
        if i == 20: v = dict(out[19]["values"])  # equal scores share a rank
        out.append({"firm": "F%03d" % i, "above_scale": above, "region": "331003", "sector": random.choice(["C3451", "C3452", "C2929", "C1751"]), "values": v})
    return out


def ratio(v, name):
    get = lambda *names: None if any(x not in v for x in names) else [v[x] for x in names]
    if name == "tax-per-mu":
        x = get("tax_fen", "land_m2"); return x and x[1] > 0 and (x[0] / 1e6 / (x[1] / MU),)
    if name == "value-added-per-mu":
        x = get("value_added_fen", "land_m2"); return x and x[1] > 0 and (x[0] / 1e6 / (x[1] / MU),)
    if name == "value-added-per-energy":
        x = get("value_added_fen", "energy_kgce"); return x and x[1] > 0 and (x[0] / 1e6 / (x[1] / 1e3),)
    if name == "value-added-per-emission":
        x = get("value_added_fen", "emission_kg"); return x and x[1] > 0 and (x[0] / 1e6 / (x[1] / 1e3),)
    if name == "labour-productivity":
        x = get("value_added_fen", "employees"); return x and x[1] > 0 and (x[0] / 1e6 / x[1],)
    if name == "rd-intensity":
        x = get("rd_fen", "sales_fen"); return x and x[1] > 0 and (x[0] / x[1],)
    if name == "tax-per-electricity":
        x = get("tax_fen", "electricity_kwh"); return x and x[1] > 0 and (x[0] / 100 / x[1],)


TERMS = {"tax-per-mu": ("tax_fen", "land_m2"), "value-added-per-mu": ("value_added_fen", "land_m2"), "value-added-per-energy": ("value_added_fen", "energy_kgce"),
         "value-added-per-emission": ("value_added_fen", "emission_kg"), "labour-productivity": ("value_added_fen", "employees"), "rd-intensity": ("rd_fen", "sales_fen"),
         "tax-per-electricity": ("tax_fen", "electricity_kwh")}

# item: weight, benchmark (None: sums of the firms), floor, cap, what is missing
SIX = ["tax-per-mu", "value-added-per-mu", "value-added-per-energy", "value-added-per-emission", "labour-productivity", "rd-intensity"]
RULES = {
    "huangyan-mu-above-scale": dict(within=0, items={
        "tax-per-mu": (30, 24.097, None, None, "unscored"), "value-added-per-mu": (20, 136.16, None, None, "unscored"),
        "value-added-per-energy": (20, 2.694, None, None, "unscored"), "value-added-per-emission": (10, 4929.81, None, None, "peers"),
        "labour-productivity": (10, 18.14, None, None, "unscored"), "rd-intensity": (10, .0302, 0, None, "zero")}),
    "huangyan-mu-below-scale": dict(within=0, items={"tax-per-mu": (50, 11.5932, None, None, "unscored"), "tax-per-electricity": (50, .2352, None, None, "peers")}),
    "mu-above-scale": dict(within=3, items=dict(zip(SIX, [(30, None, 0, 45, "unscored"), (20, None, 0, 30, "unscored"), (20, None, 0, 30, "peers"),
                                                          (10, None, 0, 15, "peers"), (10, None, 0, 15, "unscored"), (10, None, 0, 15, "zero")]))),
}
SHARES = [("A", .2), ("B", .6), ("C", .15), ("D", 1)]


def score(rule, all_firms):
    points = {f["firm"]: {} for f in all_firms}
    for name, (weight, mark, low, high, missing) in rule["items"].items():
        values = {f["firm"]: ratio(f["values"], name) for f in all_firms}
        if mark is None:
            sums = {t: sum(f["values"][t] for f in all_firms if values[f["firm"]]) for t in TERMS[name]}
            mark = ratio(sums, name)[0]
        have = {}
        for k, v in values.items():
            if v:
                p = v[0] / mark * weight
                if low is not None: p = max(p, low)
                if high is not None: p = min(p, high)
                have[k] = p
        mean = math.fsum(have.values()) / len(have)
        for k in values:
            points[k][name] = have.get(k, {"peers": mean, "zero": 0.0, "unscored": None}[missing])
    totals = {k: (None if None in p.values() else math.floor(math.fsum(p.values()) * 100 + .5) / 100) for k, p in points.items()}
    out = {}
    for f in all_firms:
        k = f["firm"]
        if totals[k] is None:
            out[k] = dict(points=points[k], score=None, rank=0, of=0, klass="")
            continue
        group = [totals[g["firm"]] for g in all_firms if totals[g["firm"]] is not None and g["sector"][:rule["within"]] == f["sector"][:rule["within"]]]
        rank = 1 + sum(x > totals[k] for x in group)
        acc = 0
        for klass, share in SHARES:
            acc += share
            if rank <= math.floor(acc * len(group) + 1e-9): break
        out[k] = dict(points=points[k], score=totals[k], rank=rank, of=len(group), klass=klass)
    return out


cases = []
for name, rule in RULES.items():
    population = firms(60, "above" in name)
    cases.append(dict(standard=name, firms=population, want=score(rule, population)))
print(json.dumps(cases, indent=1, sort_keys=True))
