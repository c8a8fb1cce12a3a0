// What pages do by themselves: times in the reader's zone, light and dark, keys, what follows from a tick, and staying fresh. Every page works without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const $ = (s, from = document) => from.querySelector(s);
  const $$ = (s, from = document) => [...from.querySelectorAll(s)];
  const remember = (name, value) => { document.cookie = `${name}=${value};path=/;max-age=31536000;samesite=lax`; };
  const say = (text) => { const s = $("#said"); if (s) s.textContent = text; };

  // Times. What the server wrote is in UTC; here they are shown as the reader wants them.
  const units = [["year", 63072000, 31536000], ["day", 172800, 86400], ["hour", 3600, 3600], ["minute", 60, 60], ["second", 0, 1]];
  const lasting = (s) => {
    const [unit, , size] = units.find(([, from]) => s >= from);
    return `${Math.floor(s / size)} ${{ year: "years", day: "days", hour: "h", minute: "min", second: "s" }[unit]}`;
  };
  const relative = (t, how) => {
    const s = (Date.now() - t) / 1000;
    if (how === "for") return s < 60 ? "less than a minute" : lasting(s);
    if (Math.abs(s) < 2) return "just now";
    return s < 0 ? `in ${lasting(-s)}` : `${lasting(s)} ago`;
  };
  const times = () => {
    const zone = root.dataset.time === "utc" ? "UTC" : undefined;
    const absolute = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZone: zone, timeZoneName: "short" });
    for (const e of $$("time[data-when]")) {
      const t = Date.parse(e.dateTime);
      const text = e.dataset.when === "at" ? absolute.format(t) : relative(t, e.dataset.when);
      if (e.textContent !== text) e.textContent = text;
      e.title = `${absolute.format(t)} · ${e.dateTime}`;
    }
  };

  // Keys.
  const typing = (e) => e.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const keysOn = () => localStorage.getItem("muster-keys") !== "off";
  let went = 0;
  const step = (by) => {
    const rows = $$("[data-row]");
    if (!rows.length) return;
    const at = rows.findIndex((r) => r.classList.contains("here"));
    rows[at]?.classList.remove("here");
    const to = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    to.classList.add("here");
    (($("a, input", to)) ?? to).focus();
  };
  const search = () => {
    const field = $("[data-search]");
    if (field) { field.focus(); field.select(); } else location.href = "/console/people";
  };
  // The palette. Pages of the navigation and acts of this page are known here; the rest is found by the server as one types, and stands below, so that nothing
  // moves under what is chosen. An act is not done: its button gets the focus, or what it asks for is opened.
  const words = (text) => text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (o) => words($("[data-palette]").value).every((w) => o.says.includes(` ${w}`));
  const option = (label, hint, sort, to) => {
    const o = document.createElement(to.href ? "a" : "div");
    o.setAttribute("role", "option");
    for (const [tag, text, look] of [["b", label, ""], ["span", hint, "small dim"], ["i", sort, "small dim"]]) {
      const part = o.appendChild(document.createElement(tag));
      part.textContent = text;
      part.className = look;
    }
    o.says = ` ${sort} ${label} ${hint}`.toLowerCase();
    if (to.href) { o.href = to.href; o.tabIndex = -1; } else o.act = to;
    return o;
  };
  const acts = () => $$("main [data-act], main .acts :is(a, button, summary)").filter((b) => !b.disabled && b.ariaDisabled !== "true" && b.checkVisibility() && !b.closest("tbody, [data-row]"));
  const known = () => [
    ...$$(".side-list [data-key]").map((e) => option($("span", e).textContent, `g ${e.dataset.key}`, "Page", e)),
    ...acts().map((b) => option(b.dataset.act || b.innerText.trim(), "", "Act", b)),
  ];
  const mark = (o) => {
    for (const x of $$("#jumps [role=option]")) x.ariaSelected = String(x === o);
    if (o) $("[data-palette]").setAttribute("aria-activedescendant", o.id); else $("[data-palette]").removeAttribute("aria-activedescendant");
    o?.scrollIntoView({ block: "nearest" });
  };
  const list = (found, chosen) => {
    const all = [...$("#palette").known.filter(fits), ...found];
    all.forEach((o, i) => { o.id = `jump-${i}`; });
    $("#jumps").replaceChildren(...all);
    mark(chosen ?? all[0]);
  };
  const tell = (text) => { $("[data-jumps-said]").textContent = text; };
  const usage = "Arrows choose, Enter goes there, Esc closes.";
  let asked = 0;
  let eager = 0; // Enter was pressed before the answer came
  const look = async (mine) => {
    const answer = await fetch(`/console/palette?q=${encodeURIComponent($("[data-palette]").value)}`, { credentials: "same-origin" }).catch(() => null);
    const text = answer?.ok && !answer.redirected ? await answer.text() : null;
    if (mine !== asked) return;
    if (text === null) { tell(answer?.redirected ? "You are signed out: load the page again." : "People and groups could not be searched: there was no answer."); return; }
    list([...new DOMParser().parseFromString(text, "text/html").body.children], $("#jumps [aria-selected=true]"));
    tell($("#jumps [role=option]") ? usage : "Nothing is called that.");
    if (eager === mine && $("#jumps [role=option]")) take($("#jumps [role=option]"));
  };
  const typed = () => {
    const mine = ++asked;
    list([]);
    const some = words($("[data-palette]").value).length > 0;
    tell(some ? "Searching …" : usage);
    if (some) setTimeout(() => { if (mine === asked) look(mine); }, 150);
  };
  const palette = () => {
    const d = $("#palette");
    if (d.open) { d.close(); return; }
    $("dialog[open]")?.close();
    d.known = known();
    $("[data-palette]").value = "";
    d.showModal();
    $("#jumps").replaceChildren();
    typed();
  };
  const take = (o) => {
    if (!o.act) { o.click(); return; }
    $("#palette").close();
    o.act.scrollIntoView({ block: "center" });
    const ask = o.act.closest("summary")?.parentElement;
    if (ask) ask.open = true;
    (ask && $("input:not([type=hidden]), select, textarea", ask) || o.act).focus();
  };
  $("[data-palette]")?.addEventListener("input", typed);
  $("#palette")?.addEventListener("close", () => { asked++; });
  $("[data-palette]")?.addEventListener("keydown", (e) => {
    const all = $$("#jumps [role=option]");
    const at = all.findIndex((o) => o.ariaSelected === "true");
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[e.key];
    if (to !== undefined && all.length) { e.preventDefault(); mark(all[(to + all.length) % all.length]); }
    if (e.key === "Enter" && !e.isComposing) { e.preventDefault(); if (all[at]) take(all[at]); else eager = asked; }
  });
  document.addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey && e.key.toLowerCase() === "k" && $("#palette")) { e.preventDefault(); palette(); return; }
    if (e.key === "Escape" && $("dialog[open]")) return; // which closes by itself
    if (e.key === "Escape") { for (const d of $$("details.ask[open], details.drawer-menu[open]")) { d.open = false; $("summary", d).focus(); } return; }
    if (e.ctrlKey || e.metaKey || e.altKey || typing(e) || !keysOn()) return;
    if (Date.now() - went < 1500) {
      went = 0;
      const entry = $(`.side-list [data-key="${CSS.escape(e.key)}"]`);
      if (entry) { e.preventDefault(); entry.click(); }
      return;
    }
    const keys = {
      a: () => $("#decide input[name=count]")?.focus(),
      "/": search, g: () => { went = Date.now(); }, j: () => step(1), k: () => step(-1), "?": () => $("#help")?.showModal(),
      x: () => { const b = $("[data-row].here input[type=checkbox]") ?? document.activeElement?.closest("[data-row]")?.querySelector("input[type=checkbox]"); b?.click(); },
    };
    if (keys[e.key]) { e.preventDefault(); keys[e.key](); }
  });

  // What buttons of the frame do.
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const buttons = {
    theme: () => { root.dataset.theme = dark() ? "light" : "dark"; remember("muster-theme", root.dataset.theme); redraw(); },
    time: () => {
      root.dataset.time = root.dataset.time === "utc" ? "" : "utc";
      remember("muster-time", root.dataset.time || "local");
      times();
      redraw();
      say(root.dataset.time ? "Times are in UTC" : "Times are local");
    },
    help: () => $("#help").showModal(),
    copy: (b) => navigator.clipboard?.writeText($(b.dataset.copy).textContent).then(() => { b.textContent = "Copied"; say("Copied"); }, () => getSelection().selectAllChildren($(b.dataset.copy))),
    fill: (b) => {
      const field = $(`input[name=${b.dataset.fill}]`);
      field.value = b.value;
      field.scrollIntoView({ block: "center" });
      field.focus({ preventScroll: true });
      say(`${b.dataset.fill}: ${b.value}`);
    },
    png: (b) => picture(b.closest("figure")),
    keys: (b) => localStorage.setItem("muster-keys", b.checked ? "on" : "off"),
  };
  document.addEventListener("click", (e) => {
    const b = e.target.closest("[data-do]");
    if (b) buttons[b.dataset.do]?.(b);
    const summary = e.target.closest("summary[aria-disabled]");
    for (const d of $$("details.ask[open]")) if (!d.contains(e.target)) d.open = false;
    if (summary) e.preventDefault();
    const chosen = e.target.closest("#jumps [role=option]");
    if (chosen?.act) take(chosen);
  });

  // A decision: what is ticked is what is meant, and its number is the one to type.
  const decide = () => {
    const form = $("#decide");
    const want = form && $("[data-want]", form);
    if (!want) return;
    const ticked = new Set($$("input[name=line]:checked", form).map((b) => b.dataset.object)).size;
    const what = $("input[name=what]:checked", form).value;
    const n = { some: ticked, shown: Number(form.dataset.shown), all: Number(form.dataset.people) }[what];
    $("[data-ticked]", form).textContent = ticked;
    want.textContent = n;
    const typed = $("input[name=count]", form).value.replace(/[ ,]/g, "");
    for (const b of $$("button[formaction]", form)) b.disabled = typed !== String(n) || n === 0;
    const approve = $("button[data-label]", form);
    const closing = new Set($$("input[name=line][data-closes]:checked", form).map((b) => b.dataset.object)).size;
    const at = ` at ${approve.dataset.target}`;
    const some = closing === 0 ? `Approve ${n}` : closing === n ? `Close ${n} ${n === 1 ? "person" : "people"}${at}` : `Approve ${n}, close ${closing}${at}`;
    approve.textContent = { all: approve.dataset.label, some, shown: `Approve ${n}` }[what];
  };
  document.addEventListener("input", (e) => {
    const form = e.target.closest("#decide");
    if (!form) return;
    if (e.target.name === "line" && e.target.checked) $("input[name=what][value=some]", form).checked = true;
    decide();
  });
  // A button works once: a second click while the first is on its way does nothing.
  document.addEventListener("submit", (e) => {
    if (e.defaultPrevented || e.target.method === "dialog" || e.target.hasAttribute("hx-get")) return;
    if (e.target.dataset.sent) { e.preventDefault(); return; }
    e.target.dataset.sent = "yes";
    e.submitter?.setAttribute("aria-busy", "true");
  });
  // An upload says how far it is. Its answer is the page that the form alone would have led to.
  const large = (n) => n >= 1e9 ? `${(n / 1e9).toFixed(1)} GB` : n >= 1e6 ? `${(n / 1e6).toFixed(1)} MB` : `${Math.ceil(n / 1e3)} kB`;
  document.addEventListener("submit", (e) => {
    const form = e.target.closest("form[data-upload]");
    if (!form || e.defaultPrevented) return;
    e.preventDefault();
    const [box, text, bar] = ["[data-sending]", "[data-sending-text]", "progress"].map((s) => $(s, form));
    const stop = (why) => { text.textContent = why; bar.hidden = true; delete form.dataset.sent; $("button", form).removeAttribute("aria-busy"); };
    box.hidden = bar.hidden = false;
    if ($("input[type=file]", form).files[0].size > Number(form.dataset.largest)) { stop(`The file is larger than ${large(Number(form.dataset.largest))}. Nothing was sent.`); return; }
    const call = new XMLHttpRequest();
    const began = Date.now();
    call.open("POST", form.action);
    call.upload.addEventListener("progress", (p) => {
      bar.max = p.total;
      bar.value = p.loaded;
      const rate = p.loaded / Math.max(Date.now() - began, 1) * 1000;
      text.textContent = p.loaded < p.total ? `Sent ${large(p.loaded)} of ${large(p.total)}, about ${Math.ceil((p.total - p.loaded) / rate)} s left` : "Sent. It is being kept.";
    });
    call.addEventListener("load", () => {
      if (call.status < 400) { location.href = call.responseURL; return; }
      const page = new DOMParser().parseFromString(call.responseText, "text/html");
      $("#main").replaceChildren(...$("#main", page).childNodes);
      $("#main").focus();
      ready();
    });
    call.addEventListener("error", () => stop("The connection was cut. Nothing was changed; send it again."));
    call.send(new FormData(form));
  });
  addEventListener("pageshow", () => { for (const f of $$("form[data-sent]")) delete f.dataset.sent; });

  // Staying fresh: the server says when something has changed, and the page fetches itself anew, unless somebody is in the middle of something.
  let due = false;
  let last = 0;
  const busy = () => {
    const live = $("#live");
    return document.hidden || live?.dataset.hold === "true" || live?.contains(document.activeElement) && typing({ target: document.activeElement }) ||
      $("details.ask[open], #live input[name=line]:checked, dialog[open], [data-sent]") || $("#decide input[name=count]")?.value;
  };
  const refresh = async () => {
    if (!due || busy() || Date.now() - last < 250) return;
    due = false;
    last = Date.now();
    const answer = await fetch(location.href, { headers: { "Muster-Refresh": "1" }, credentials: "same-origin" }).catch(() => null);
    if ([403, 404].includes(answer?.status)) return; // what the page was about is gone: asking again before something changes brings nothing else
    if (!answer?.ok) { due = true; last = Date.now() + 1000; return; }
    if (answer.redirected && !answer.url.includes(location.pathname)) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (busy()) { due = true; return; }
    for (const id of ["#banners", "#live", ".side-list", ".drawer-list"]) {
      const [from, to] = [$(id, page), $(id)];
      if (from && to && from.innerHTML !== to.innerHTML) replace(to, from);
    }
    ready();
  };
  const replace = (to, from) => {
    const open = $$("details[open] > summary", to).map((s) => s.textContent.trim());
    const focus = to.contains(document.activeElement) && (document.activeElement.id ? `#${CSS.escape(document.activeElement.id)}` : document.activeElement.getAttribute("href") && `a[href="${CSS.escape(document.activeElement.getAttribute("href"))}"]`);
    to.replaceChildren(...from.childNodes);
    for (const s of $$("details > summary", to)) if (open.includes(s.textContent.trim())) s.parentElement.open = true;
    if (focus) $(focus, to)?.focus({ preventScroll: true });
    if (window.htmx) window.htmx.process(to);
  };
  const pulse = (state, text) => {
    const p = $("#pulse");
    if (!p || p.dataset.state === state) return;
    p.dataset.state = state;
    $("b", p).textContent = text;
  };
  // The stream beats every second, or more slowly where asking takes long. A connection that is gone without a word is known by its silence.
  const silence = 8000;
  let stream = null;
  let heard = 0;
  const stale = () => {
    const since = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: root.dataset.time === "utc" ? "UTC" : undefined, timeZoneName: "short" });
    pulse("stale", `Stale since ${since}, reconnecting`);
    due = true;
  };
  const listen = () => {
    const { live: url, seen } = document.body.dataset;
    if (!url || !window.EventSource) return;
    const mine = stream = new EventSource(seen ? `${url}${url.includes("?") ? "&" : "?"}seen=${seen}` : url);
    heard = Date.now();
    const mark = (e) => { heard = Date.now(); if (e.lastEventId) document.body.dataset.seen = e.lastEventId; pulse("live", "Live"); };
    for (const event of ["open", "hello", "beat"]) mine.addEventListener(event, mark);
    mine.addEventListener("change", (e) => { mark(e); due = true; refresh(); });
    mine.addEventListener("over", () => { mine.close(); location.href = "/console/sign-in"; });
    mine.addEventListener("error", () => {
      stale();
      if (mine.readyState === EventSource.CLOSED && mine === stream) setTimeout(() => { if (mine === stream) listen(); }, 3000);
    });
  };
  const watch = () => {
    if (!stream || Date.now() - heard < silence) return;
    stream.close();
    stale();
    listen();
  };
  const leave = () => { stream?.close(); stream = null; };
  addEventListener("pagehide", leave);

  // Plots. The server has drawn each; here they get axes, and tell what is under the pointer.
  let drawn = [];
  const colour = (name, share = 100) => `color-mix(in oklab, ${getComputedStyle(root).getPropertyValue(name)} ${share}%, transparent)`;
  const options = (figure, data, width) => {
    const at = $("[data-at]", figure);
    const utc = () => root.dataset.time === "utc" ? "UTC" : undefined;
    const zoned = () => new Intl.DateTimeFormat("en", { timeZone: utc(), timeZoneName: "short" }).formatToParts(data.to * 1000).find((p) => p.type === "timeZoneName").value;
    const usual = () => `${figure.dataset.unit}, ${zoned()}`;
    at.textContent = usual();
    const moment = (seconds, how) => new Intl.DateTimeFormat(undefined, { ...how, hourCycle: "h23", timeZone: utc() }).format(seconds * 1000);
    const clock = (u, list, _, __, step) => list.map((s) => {
      const hour = moment(s, { hour: "2-digit", minute: "2-digit" });
      return step < 86400 && (hour !== "00:00" || data.to - data.from <= 86400) ? hour : moment(s, { day: "numeric", month: "short" });
    });
    const axis = { stroke: () => colour("--color-base-content", 76), grid: { stroke: () => colour("--color-base-content", 10), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    const inks = { warn: "--color-warning", bad: "--color-error", busy: "--color-info", quiet: "--color-base-content" };
    const inside = (u, y) => Math.max(u.bbox.top, Math.min(u.bbox.top + u.bbox.height, u.valToPos(y, "y", true)));
    const across = (u, seconds) => Math.max(u.bbox.left, Math.min(u.bbox.left + u.bbox.width, u.valToPos(seconds, "x", true)));
    const shade = (u) => {
      const { left, top, width: w, height: h } = u.bbox;
      u.ctx.save();
      u.ctx.fillStyle = colour("--color-warning", 22);
      data.floor?.forEach((n, i) => {
        if (n == null) return;
        const [from, to] = [across(u, data.at[i]), across(u, data.at[i + 1] ?? data.to)];
        u.ctx.fillRect(from, inside(u, n), to - from, top + h - inside(u, n));
      });
      if (data.limit) {
        u.ctx.strokeStyle = colour("--color-warning");
        u.ctx.lineWidth = 2 * devicePixelRatio;
        u.ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
        u.ctx.beginPath();
        u.ctx.moveTo(left, inside(u, data.limit));
        u.ctx.lineTo(left + w, inside(u, data.limit));
        u.ctx.stroke();
      }
      u.ctx.restore();
    };
    const tell = (u) => {
      const i = u.cursor.idx;
      if (i == null) { at.textContent = usual(); return; }
      const text = data.lines.map((l) => l.n[i] == null ? "" : `${data.lines.length > 1 ? `${l.name} ` : ""}${l.n[i].toLocaleString()}`).filter(Boolean).join(", ");
      at.textContent = `${moment(data.at[i], { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" })}: ${text ? `${text} ${figure.dataset.unit}` : "nothing is known"}`;
    };
    // What stands alone between gaps is a dot, or it would not be seen.
    const alone = (u, k) => data.lines[k - 1].n.flatMap((n, i, all) => n != null && all[i - 1] == null && all[i + 1] == null ? [i] : []);
    return {
      width, height: 160, legend: { show: false }, cursor: { y: false, drag: { x: false, y: false } },
      tzDate: (s) => utc() ? uPlot.tzDate(new Date(s * 1000), "Etc/UTC") : new Date(s * 1000),
      scales: { x: { range: () => [data.from, data.to] }, y: { range: () => [data.low, data.high] } },
      axes: [{ ...axis, values: clock, size: 28 }, { ...axis, size: 64, values: (u, list) => list.map((n) => n.toLocaleString()) }],
      series: [{}, ...data.lines.map((l) => ({
        stroke: () => colour(inks[l.tone] ?? "--color-primary"), width: 2, dash: l.dash?.split(" ").map(Number), spanGaps: false,
        points: { show: true, size: 5, ...(data.at.length < 20 ? {} : { filter: alone }) },
      }))],
      hooks: { drawClear: [shade], setCursor: [tell] },
    };
  };
  // The points of a plot by keys: it takes the focus, and the arrows go from one to the next.
  const walk = (box, u, data) => {
    box.tabIndex = 0;
    box.addEventListener("keydown", (e) => {
      const by = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[e.key];
      if (!by) return;
      e.preventDefault();
      const i = Math.max(0, Math.min(data.at.length - 1, (u.cursor.idx ?? (by > 0 ? -1 : data.at.length)) + by));
      u.setCursor({ left: u.valToPos(data.at[i], "x"), top: 0 });
      say($("[data-at]", box.parentElement).textContent);
    });
    box.addEventListener("blur", () => u.setCursor({ left: -10, top: -10 }));
  };
  const plots = () => {
    drawn = drawn.filter((u) => u.root.isConnected || u.destroy());
    if (!window.uPlot) return;
    for (const figure of $$("figure[data-plot]")) {
      const [picture, ends] = [$("svg", figure), $(".ends", figure)];
      if (!figure.dataset.plot || !picture || $(".drawn", figure)) continue;
      const data = JSON.parse(figure.dataset.plot);
      const box = document.createElement("div");
      box.className = "drawn";
      box.setAttribute("role", "img");
      box.setAttribute("aria-label", picture.getAttribute("aria-label"));
      picture.replaceWith(box);
      ends.hidden = true;
      const u = new uPlot(options(figure, data, box.clientWidth), [data.at, ...data.lines.map((l) => l.n)], box);
      walk(box, u, data);
      drawn.push(u);
      for (const b of $$("[data-do=png]", figure)) b.hidden = false;
    }
  };
  // A plot as a picture: its title, unit, drawing and legend, in the colours of the page.
  const picture = (figure) => {
    const u = drawn.find((x) => figure.contains(x.root));
    if (!u) return;
    const [drawing, px] = [u.ctx.canvas, devicePixelRatio];
    const keys = $$(".legend li", figure).map((li) => [li.textContent.trim(), $("path", li)]);
    const [pad, row] = [16 * px, 20 * px];
    const canvas = Object.assign(document.createElement("canvas"), { width: drawing.width + 2 * pad, height: drawing.height + (4 + keys.length) * row });
    const pen = canvas.getContext("2d");
    const ink = getComputedStyle(figure).color;
    const write = (text, x, y, weight) => { pen.font = `${weight} ${13 * px}px ${getComputedStyle(figure).fontFamily}`; pen.fillStyle = ink; pen.fillText(text, x, y, canvas.width - pad - x); };
    pen.fillStyle = getComputedStyle(figure).backgroundColor;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    write($("figcaption b", figure).textContent, pad, 1.4 * row, 600);
    write($("[data-at]", figure).textContent, pad, 2.3 * row, 400);
    pen.drawImage(drawing, pad, 2.8 * row);
    keys.forEach(([text, path], i) => {
      const y = 3.6 * row + drawing.height + i * row;
      pen.setLineDash([]);
      if (path) {
        const look = getComputedStyle(path);
        pen.setLineDash(look.strokeDasharray === "none" ? [] : look.strokeDasharray.split(",").map((n) => parseFloat(n) * px));
        pen.strokeStyle = look.stroke;
        pen.lineWidth = 2 * px;
        pen.beginPath();
        pen.moveTo(pad, y - row / 4);
        pen.lineTo(pad + 24 * px, y - row / 4);
        pen.stroke();
      } else {
        pen.fillStyle = getComputedStyle($(".swatch", figure)).backgroundColor;
        pen.fillRect(pad + 6 * px, y - row / 2, 12 * px, 12 * px);
      }
      write(text, pad + 32 * px, y, 400);
    });
    const link = document.createElement("a");
    link.href = canvas.toDataURL("image/png");
    link.download = `${$("figcaption b", figure).textContent.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 60)}.png`;
    link.click();
  };
  const redraw = () => { for (const u of drawn) { u.setSize({ width: u.root.parentElement.clientWidth, height: 160 }); u.redraw(false, true); } };
  addEventListener("resize", redraw);

  // An approval that begins in a moment: what is left, and what became of it once nothing is.
  const countdown = () => {
    const b = $("[data-left]");
    if (!b) { if ($("[data-start]")) due = true; return; }
    b.dataset.until ??= performance.now() + Number(b.dataset.left) * 1000;
    const left = Math.max(0, Math.ceil((b.dataset.until - performance.now()) / 1000));
    b.textContent = left;
    if (!left) due = true;
  };
  // Tabs that do not fit beside each other are scrolled to the one that is open.
  const tabs = () => { for (const a of $$(".tabs-line [aria-current]")) a.parentElement.scrollLeft = a.offsetLeft - a.parentElement.offsetLeft - 40; };
  const ready = () => { times(); decide(); plots(); countdown(); tabs(); };
  document.addEventListener("htmx:afterSwap", ready);
  // Browsers open few connections to one host: pages that nobody sees leave theirs to others.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { leave(); return; }
    due = true;
    if (!stream) listen();
    refresh();
  });
  // The link of the demo has its code behind "#", which is sent nowhere. It is taken out of the address, and sent as the form sends it.
  const door = $("form[data-go]");
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (door && code) {
    history.replaceState(null, "", location.pathname);
    $("[name=code]", door).value = code;
    addEventListener("load", () => door.requestSubmit());
  }
  const keys = $("[data-do=keys]");
  if (keys) keys.checked = keysOn();
  ready();
  setInterval(() => { times(); countdown(); watch(); refresh(); }, 1000);
  listen();
})();
