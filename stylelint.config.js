// What stylelint holds the style sheets to: sizes of text, spaces, radii and colours are the tokens of page/page.css, and
// a sheet serves both directions of writing.

// A margin or the like is made of these. What belongs to the thumb of the timeline has its measure.
const SPACE = String.raw`(?:0|auto|var\(--(?:space-\d|edge)\)|calc\(-?[\d.]+ \* var\(--space-\d\)\)|calc\([^;]*var\(--thumb\)[^;]*\))`;
const RADIUS = String.raw`(?:0|50%|var\(--radius(?:-small|-round)?\))`;
const listOf = (one) => new RegExp(`^${one}(?: ${one})*$`);

const COLOUR = /#[\da-f]{3}|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch|color|light-dark)\(/i;

export default {
  reportNeedlessDisables: true,
  reportDescriptionlessDisables: true, // an exception has a reason
  rules: {
    "declaration-property-value-allowed-list": {
      "font-size": [/^var\(--text(-[a-z]+)?\)$/, /^calc\(var\(--text-display\) \* [\d.]+\)$/, "inherit"],
      font: ["inherit"],
      "/^(padding|margin|gap$|row-gap$|column-gap$)/": [listOf(SPACE)],
      "/^(?!--).*radius$/": [listOf(RADIUS)],
    },
    "declaration-property-value-disallowed-list": {
      "/^(?!--)/": [COLOUR],
      "/^(text-align|float|clear|caption-side)$/": ["left", "right"],
    },
    "color-named": "never",
    "color-no-hex": true, // nor in a property of a sheet's own
    "property-disallowed-list": [
      "left", "right", "top", "bottom", "width", "height", "/^(min|max)-(width|height)$/",
      "/^(margin|padding|border|scroll-margin|scroll-padding)-(left|right|top|bottom)/",
    ],
    "declaration-no-important": true,

    "block-no-empty": true,
    "custom-property-no-missing-var-function": true,
    "declaration-block-no-duplicate-properties": true,
    "declaration-block-no-redundant-longhand-properties": [true, { ignoreShorthands: ["/^grid/", "/^flex/", "inset"] }],
    "declaration-block-no-shorthand-property-overrides": true,
    "declaration-property-value-no-unknown": true,
    "font-family-no-duplicate-names": true,
    "function-no-unknown": true,
    "media-feature-name-no-unknown": true,
    "no-duplicate-selectors": true,
    "no-invalid-position-at-import-rule": true,
    "property-no-unknown": true,
    "property-no-vendor-prefix": [true, { ignoreProperties: ["-webkit-text-size-adjust"] }],
    "selector-pseudo-class-no-unknown": true,
    "selector-pseudo-element-no-unknown": true,
    "selector-type-no-unknown": true,
    "shorthand-property-no-redundant-values": true,
    "unit-no-unknown": true,
  },
  overrides: [{ files: ["web/static/page/page.css"], rules: { "color-no-hex": null } }],
};
