// The vendor's JavaScript SDK against a JSON API: node domainrobot.js PACKAGES ENDPOINT CSR
// Prints a line a call: ok or WRONG, the call, what came of it, with tabs between.

const { createRequire } = require("module");
const { readFileSync } = require("fs");
const [packages, url, csrFile] = process.argv.slice(2);
const { DomainRobot } = createRequire(packages + "/")("js-domainrobot-sdk");

const robot = new DomainRobot({ url, auth: { user: "user", password: "password", context: 9 } });
const plain = readFileSync(csrFile, "utf8");

async function check(call, run, expected) {
  let found;
  try {
    found = await run();
  } catch (error) {
    found = `${error.status ?? ""} ${JSON.stringify(error.data?.messages ?? error.message)}`;
  }
  console.log(`${found === expected ? "ok" : "WRONG"}\t${call}\t${found}`);
}

const code = (answer) => answer.result.status.code;
const first = (answer) => answer.result.data[0];
const filter = (key, value) => ({ filters: [{ key, value, operator: "EQUAL" }], view: { limit: 5 } });
const contact = { fname: "Ada", lname: "Núñez", email: "ada@example.com", organization: "Example", address: ["1 Street"] };
const order = {
  id: 571, name: "example.com", product: "QUICKSSLPREMIUM", csr: plain, software: "APACHESSL",
  lifetime: { unit: "MONTH", period: 12 }, adminContact: { id: 1120 }, technicalContact: { id: 1120 },
  authentication: { method: "DNS" },
};
const record = { name: "_peer.example.com", type: "TXT", value: "2026abcd", ttl: 300 };

(async () => {
  await check("certificate info", async () => first(await robot.certificate().info(571)).name, "example.com");
  await check("certificate list", async () => first(await robot.certificate().list(filter("name", "example.com"))).id, 571);
  await check("certificate list, none", async () => (await robot.certificate().list(filter("name", "none.example"))).result.data.length, 0);
  await check("prepareOrder", async () => first(await robot.certificate().prepareOrder({ csr: plain })).name, "example.com");
  let id;
  await check("sslcontact create", async () => { id = first(await robot.sslcontact().create(contact)).id; return id > 1120; }, true);
  await check("sslcontact info", async () => first(await robot.sslcontact().info(id)).lname, "Núñez");
  await check("sslcontact update", async () => code(await robot.sslcontact().update({ ...contact, id, city: "Anytown" })), "S400202");
  await check("sslcontact list", async () => first(await robot.sslcontact().list(filter("lname", "Núñez"))).id === id, true);
  await check("sslcontact delete", async () => code(await robot.sslcontact().delete(id)), "S400203");
  let job;
  await check("certificate reissue", async () => { job = first(await robot.certificate().reissue(order)).id; return job > 0; }, true);
  let message;
  await check("poll info", async () => { message = first(await robot.poll().info()); return message.job.id === job; }, true);
  await check("poll confirm", async () => code(await robot.poll().confirm(message.id)), "S0906");
  await check("zone list", async () => first(await robot.zone().list(filter("name", "example.com"))).origin, "example.com");
  await check("zone info", async () => first(await robot.zone().info("example.com", "ns1.dns.example")).origin, "example.com");
  await check("zone stream, add", async () => code(await robot.zone().stream("example.com", { adds: [record], rems: [] })).slice(0, 6), "S02020");
  await check("zone stream, remove", async () => code(await robot.zone().stream("example.com", { adds: [], rems: [record] })).slice(0, 6), "S02020");
})();
