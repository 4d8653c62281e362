"""What acme.sh's dns_autodns sends to an XML gateway, request for request: python acme_sh.py ENDPOINT

Prints a line a call: ok or WRONG, the call, what came of it, with tabs between."""

import re
import sys
import urllib.request

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<request>\n  <auth>\n    <user>user</user>\n    <password>password</password>\n    <context>9</context>\n  </auth>\n'


def post(task):
    # As curl sends it: the type of a form.
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "acme.sh/3.0.6"}
    request = urllib.request.Request(sys.argv[1], f"{HEAD}{task}</request>".encode(), headers)
    return urllib.request.urlopen(request, timeout=30).read().decode()


def zone_list(zone):
    return post(
        "  <task>\n    <code>0205</code>\n    <view>\n      <children>1</children>\n      <limit>1</limit>\n    </view>\n"
        f"    <where>\n      <key>name</key>\n      <operator>eq</operator>\n      <value>{zone}</value>\n    </where>\n  </task>\n"
    )


def update(change, name, value):
    return post(
        f"  <task>\n    <code>0202001</code>\n    <default>\n      <{change}>\n        <name>{name}</name>\n        <ttl>600</ttl>\n"
        f"        <type>TXT</type>\n        <value>{value}</value>\n      </{change}>\n    </default>\n    <zone>\n"
        "      <name>example.com</name>\n      <system_ns>ns1.dns.example</system_ns>\n    </zone>\n  </task>\n"
    )


def check(call, run, pattern):
    try:
        answer = run()
    except Exception as error:
        answer = repr(error)
    found = re.search(pattern, answer, re.S)
    print("ok" if found else "WRONG", call, found.group(0)[:60] if found else answer[:200], sep="\t", flush=True)


check("0205, no zone of the full name", lambda: zone_list("_acme-challenge.www.example.com"), r"<summary>0</summary>")
check("0205, the zone", lambda: zone_list("example.com"), r"<name>example\.com</name>")
check("0205, its name server", lambda: zone_list("example.com"), r"<system_ns>ns1\.dns\.example</system_ns>")
check("0202001, add", lambda: update("rr_add", "_acme-challenge.www", "2026abcd"), r"<code>S0202001</code>")
check("0202001, add once more", lambda: update("rr_add", "_acme-challenge.www", "2026abcd"), r"EF02022")
check("0202001, remove", lambda: update("rr_rem", "_acme-challenge.www", "2026abcd"), r"<code>S0202001</code>")
