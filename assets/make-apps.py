#!/usr/bin/env python3
"""Merges host names of the v2fly list into apps.tsv, and puts the table in order.

    assets/make-apps.py V2FLY_DATA_FOLDER

A row that is in apps.tsv already stays as it is: the table is edited by hand, the list
(https://github.com/v2fly/domain-list-community, MIT) only adds what is missing, for the
files that apps.v2fly maps to an app. Of a file, domains become suffixes and `full:`
exact names; `regexp:` and `keyword:` are left out; what is marked `@ads` goes to
ADS_Analytic_Track. Files that another one includes are only taken if mapped themselves.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
HOST = re.compile(r"=?[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?$")
PUBLIC_SUFFIXES = pathlib.Path("/usr/share/publicsuffix/public_suffix_list.dat")
ADS = ("ADS_Analytic_Track", "Advertisement")
# Companies whose names a finer service of the list may take; elsewhere the rows written by hand answer for all below.
BROAD = {"Google", "GoogleServices", "Apple", "Microsoft", "Amazon", "AmazonAWS", "Azure", "Akamai", "Yandex", "Baidu"}
BROAD |= {"Tencent", "QQ", "Alibaba", "Yahoo", "Facebook", "Cloudflare", "Fastly", "MailRu", "ByteDance", "Huawei"}


def public_suffixes():
    """Suffixes that belong to no one (the ICANN part of Debian's `publicsuffix`)."""
    text = PUBLIC_SUFFIXES.read_text().split("===END ICANN DOMAINS===")[0]
    return {line.strip() for line in text.splitlines() if line and not line.startswith("//")}


def read_table(path):
    """suffix -> (app, category), in the order of the file."""
    rows = {}
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            suffix, app, category = line.split("\t")
            # Apps without a host share the suffix '-': each keeps a row of its own.
            rows[suffix if suffix != "-" else "- " + app] = (app, category)
    return rows


def read_map(path):
    """(file, app, category) for each mapped file of the list."""
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            category, files = line.split(":", 1)
            for word in files.split():
                file, _, app = word.partition("=")
                yield file, app, category


def names_of(path):
    """(suffix, is it an advertiser's) for each usable line of one file of the list."""
    for line in path.read_text().splitlines():
        words = line.split("#")[0].split()
        if not words or words[0].startswith(("include:", "regexp:", "keyword:")):
            continue
        name = words[0].removeprefix("domain:").replace("full:", "=").lower()
        yield name, "@ads" in words[1:]


def usable(name, public):
    host = name.lstrip("=")
    labels = host.split(".")
    wild = "*." + ".".join(labels[1:])
    return (
        HOST.match(name) is not None
        and len(labels) > 1
        and ".." not in host
        and host not in public
        and wild not in public
    )


def merge(rows, folder, public):
    """Small files first: where two name the same host, the finer service has it."""
    known = {app: category for app, category in rows.values()}
    by_hand = dict(rows)
    files = [entry for entry in read_map(HERE / "apps.v2fly") if (folder / entry[0]).exists()]
    files.sort(key=lambda entry: (folder / entry[0]).stat().st_size)
    for file, app, category in files:
        for name, ads in names_of(folder / file):
            if usable(name, public):
                mine = ADS if ads else (app, known.get(app, category))
                above = parent(name, by_hand)
                if above is None or above[0] in BROAD or ads:
                    rows.setdefault(name, mine)


def parent(name, rows):
    """The row that would answer for `name` if it were not in the table."""
    if name.startswith("="):
        if name[1:] in rows:
            return rows[name[1:]]
        name = name[1:]
    while "." in name:
        name = name.split(".", 1)[1]
        if name in rows:
            return rows[name]
    return None


def without_redundant(rows):
    return {name: row for name, row in rows.items() if parent(name, rows) != row}


def written(rows):
    """The table: by category, app, suffix."""
    def order(item):
        name, (app, category) = item
        return category.lower(), app.lower(), name.lstrip("="), name

    header = (HERE / "apps.tsv").read_text().split("\n\n")[0]
    lines, seen = [header], None
    for name, (app, category) in sorted(rows.items(), key=order):
        if category != seen:
            lines.append(f"\n# --- {category} ---")
            seen = category
        lines.append(f"{name.split()[0]}\t{app}\t{category}")
    return "\n".join(lines) + "\n"


def main():
    table = HERE / "apps.tsv"
    rows = read_table(table)
    if len(sys.argv) > 1:
        merge(rows, pathlib.Path(sys.argv[1]), public_suffixes())
    table.write_text(written(without_redundant(rows)))


if __name__ == "__main__":
    main()
