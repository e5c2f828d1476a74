// A page with no text, for modules that look for their sentences in it; imported before them.

globalThis.document = { getElementById: () => null, documentElement: { lang: "en" } };
