// SCIMMY behind Express 4 with a store in memory. Usage: node server.js TOKEN. It listens on a free port of loopback, prints its base address on one line,
// and ends when its standard input closes, so that it never outlives the test that started it.
import {randomUUID} from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const token = process.argv[2];
const plain = (value) => JSON.parse(JSON.stringify(value));
const groups = new Map();
const users = new Map();

// keep declares resource with a store of its own, in which the attribute name is unique in any case of letters.
function keep(resource, store, name, check = () => {}) {
    SCIMMY.Resources.declare(resource)
        .ingress(({id}, data) => {
            const had = id ? store.get(id) : undefined;
            if (id && !had) throw new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
            const next = plain(data);
            check(next);
            for (const other of store.values()) {
                if (other.id !== id && other[name].toLowerCase() === next[name].toLowerCase()) {
                    throw new SCIMMY.Types.Error(409, "uniqueness", `${name} ${next[name]} is taken`);
                }
            }
            const now = new Date().toISOString();
            next.id = id ?? randomUUID();
            next.meta = {created: had?.meta.created ?? now, lastModified: now};
            store.set(next.id, next);
            return next;
        })
        .egress(({id, filter}) => {
            if (!id) return filter ? filter.match([...store.values()]) : [...store.values()];
            if (!store.has(id)) throw new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
            return store.get(id);
        })
        .degress(({id}) => {
            if (!store.delete(id)) throw new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
            for (const group of groups.values()) group.members = (group.members ?? []).filter(({value}) => value !== id);
        });
}

keep(SCIMMY.Resources.User, users, "userName", (user) => { user.active ??= true; });
keep(SCIMMY.Resources.Group, groups, "displayName", ({members = []}) => {
    for (const {value} of members) {
        if (!users.has(value) && !groups.has(value)) throw new SCIMMY.Types.Error(400, "invalidValue", `member ${value} does not exist`);
    }
});

SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser, false);

const app = express();
app.use("/scim/v2", new SCIMMYRouters({
    type: "bearer",
    handler: (request) => {
        if (request.header("Authorization") !== `Bearer ${token}`) throw new Error("the token is missing or wrong");
        return "muster";
    },
}));
const server = app.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/scim/v2`));
process.stdin.resume().on("end", () => process.exit(0)).on("close", () => process.exit(0));
