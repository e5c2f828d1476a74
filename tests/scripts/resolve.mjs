// Finds a page's module by the address that browsers know it by: `/static/ROOM/NAME.js`. Passed to Node by `--import`.

import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, next) {
    const [, room, name] = /^\/static\/(amana|player|recorder)\/(.+)$/.exec(specifier) ?? [];
    const found = room && new URL(`../../${room}/pages/static/${name}`, import.meta.url).href;
    return next(found ?? specifier, context);
  },
});
