// What a server container of Google Tag Manager gives a tag template, and nothing more.
import { readFileSync } from "node:fs";

const { FOLDER, CLICKID, TID } = process.env;
const event = { event_name: "purchase", transaction_id: TID, value: 95.5, currency: "EUR" };
const sent = [];
const given = {
  encodeUriComponent: encodeURIComponent,
  getCookieValues: (name) => (name === "clicktrail" ? [CLICKID] : []),
  getEventData: (name) => event[name],
  makeNumber: Number,
  makeString: String,
  sendHttpRequest: (address, options) => {
    const answer = fetch(address, { method: options.method }).then((found) => ({ statusCode: found.status }));
    sent.push(answer);
    return answer;
  },
};
const ended = [];
const data = { gtmOnSuccess: () => ended.push("success"), gtmOnFailure: () => ended.push("failure") };
new Function("require", "data", readFileSync(`${FOLDER}/server-container.js`, "utf8"))((name) => given[name], data);
await Promise.all(sent);
console.log(JSON.stringify(ended));
