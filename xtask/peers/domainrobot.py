"""The Python client against a JSON API: python domainrobot.py ENDPOINT CSR

Prints a line a call: ok or WRONG, the call, what came of it, with tabs between."""

import sys

# This file has the package's name, and its folder is looked into first.
sys.path.pop(0)

from domainrobot import Domainrobot  # noqa: E402

url, csr = sys.argv[1], open(sys.argv[2]).read()
client = Domainrobot("user", "password", context=9, base_url=url)


def check(call, run, expected):
    try:
        found = run()
    except Exception as error:  # A client's own error is what is looked at.
        found = repr(error)
    print("ok" if found == expected else "WRONG", call, found, sep="\t", flush=True)


def query(key, value):
    return {"filters": [{"key": key, "value": value, "operator": "EQUAL"}], "view": {"limit": 5}}


def code(answer):
    return answer.status["code"]


seen = {}


def keep(name, value):
    seen[name] = value
    return value


contact = {"fname": "Ada", "lname": "Núñez", "email": "ada@example.com", "organization": "Example", "address": ["1 Street"]}
order = {
    "name": "example.com", "product": "QUICKSSLPREMIUM", "csr": csr, "software": "APACHESSL",
    "lifetime": {"unit": "MONTH", "period": 12}, "adminContact": {"id": 1120}, "technicalContact": {"id": 1120},
    "authentication": {"method": "DNS"},
}
record = {"name": "_peer.example.com", "type": "TXT", "value": "2026abcd", "ttl": 300}

check("hello", lambda: code(client.hello.ping()) is not None, True)
check("certificate info", lambda: client.certificate.info(571).data[0].name, "example.com")
check("certificate list", lambda: client.certificate.list(query("name", "example.com")).data[0].id, 571)
check("certificate list, none", lambda: client.certificate.list(query("name", "none.example")).data, [])
check("prepareOrder", lambda: client.certificate.prepare_order({"plain": csr}).data[0].name, "example.com")
check("sslcontact create", lambda: keep("contact", client.ssl_contact.create(contact).data[0].id) > 1120, True)
check("sslcontact info", lambda: client.ssl_contact.info(seen["contact"]).data[0].lname, "Núñez")
check("sslcontact delete", lambda: code(client.ssl_contact.delete(seen["contact"])), "S400203")
check("certificate reissue", lambda: keep("job", client.certificate.reissue(571, order).data[0].id) > 0, True)
check("job list", lambda: code(client.job.list(query("id", seen["job"]))), "S300115")
check("poll info", lambda: keep("message", client.poll.info().data[0]).job["id"] == seen["job"], True)
check("poll confirm", lambda: code(client.poll.confirm(seen["message"].id)), "S0906")
check("zone info", lambda: client.zone.info("example.com", "ns1.dns.example").data[0].origin, "example.com")
check("zone stream, add", lambda: code(client.zone.stream("example.com", {"adds": [record], "rems": []}))[:6], "S02020")
check("zone stream, remove", lambda: code(client.zone.stream("example.com", {"adds": [], "rems": [record]}))[:6], "S02020")
