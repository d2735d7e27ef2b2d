// The views, made of Home Assistant's own cards wherever it has one.

/**
 * @typedef {{ id: string, name: string, role: string, phase: string | null, rating_a: number | null,
 *   entities: Record<string, string> }} ChannelInfo
 * @typedef {{ id: string, name: string, tariff: string | null, currency: string | null,
 *   roles: Record<string, string[]>, entities: Record<string, string>, channels: ChannelInfo[] }} PanelInfo
 * @typedef {{ hass: any, words: Record<string, string>, panels: PanelInfo[], base: string, energy: any }} House
 */

/** Circuits that one chart can show without becoming a thicket. */
const MOST_LINES = 12;
/** Characters of a name in a legend. */
const LONGEST = 24;
/** The views of the Energy dashboard's period picker on our pages go by themselves. */
const COLLECTION = "energy_panel_meter";

const WIDE = { columns: "full" };
const HALF = { columns: 6 };

/** @param {string} show @param {string} [panel] @param {object} [more] */
const own = (show, panel, more = {}) => ({
  type: "custom:panel-meter-view",
  show,
  ...(panel === undefined ? {} : { panel }),
  grid_options: WIDE,
  ...more,
});

/** @param {string} heading @param {string} icon @param {object[]} [badges] */
const head = (heading, icon, badges = []) => ({ type: "heading", heading, icon, badges });

/** @param {object[]} cards @param {object} [more] */
const section = (cards, more = {}) => ({ type: "grid", cards, ...more });

/** @param {string | undefined} entity @param {object} [more] */
const tile = (entity, more = {}) =>
  entity ? [{ type: "tile", entity, name: { type: "entity" }, grid_options: HALF, ...more }] : [];

/** A tile with the line of the last day below. @param {string | undefined} entity @param {object} [more] */
const trend = (entity, more = {}) =>
  tile(entity, {
    features: [{ type: "trend-graph", hours_to_show: 24 }],
    features_position: "bottom",
    grid_options: WIDE,
    ...more,
  });

/** @param {string} title @param {string} icon @param {string} path @param {object[]} sections @param {object} [more] */
const view = (title, icon, path, sections, more = {}) => ({
  title,
  icon,
  path,
  type: "sections",
  // On a phone six pictures are all in sight; six words are not.
  show_icon_and_title: !matchMedia("(max-width: 600px)").matches,
  max_columns: 3,
  dense_section_placement: true,
  sections,
  ...more,
});

/**
 * What leads through the set-up while there is nothing to show.
 * @param {Record<string, string>} words
 * @param {"not_running" | "no_panels"} why
 * @param {string[]} [panels] those that are waited for; any without it
 */
export const guideView = (words, why, panels) =>
  view(words.now, "mdi:meter-electric", "now", [section([own("guide", undefined, { why, panels })], { column_span: 2 })], {
    max_columns: 2,
  });

/**
 * Every panel on one page; each leads to its own.
 * @param {House} house
 */
export function overviewView(house) {
  const { words, panels } = house;
  return view(words.overview, "mdi:view-dashboard-outline", "overview", [
    section([head(words.panels, "mdi:meter-electric"), own("overview", undefined, { panels: panels.map(({ id }) => id) })], {
      column_span: 2,
    }),
    section([
      head(words.by_panel, "mdi:chart-donut"),
      {
        type: "distribution",
        entities: panels.flatMap((panel) =>
          mainsOf(panel)
            .slice(0, 1)
            .map((entity) => ({ entity, name: short(panel.name) })),
        ),
        grid_options: WIDE,
      },
      ...flow(house),
    ]),
  ]);
}

/**
 * Views that are about the whole house, however many panels it has.
 * @param {House} house
 */
export function wholeViews(house) {
  const { hass, words, panels } = house;
  const ids = panels.map(({ id }) => id);
  const todo = Object.values(hass.entities).find(
    (/** @type {any} */ each) => each.platform === "panel_meter" && each.entity_id.startsWith("todo."),
  );
  return [
    view(words.alerts, "mdi:bell-outline", "alerts", [
      section([head(words.alerts_open, "mdi:bell-alert-outline"), own("alerts", undefined, { panels: ids })], {
        column_span: 2,
      }),
      section([
        ...(todo ? [head(words.alerts_list, "mdi:format-list-checks"), todoCard(/** @type {any} */ (todo))] : []),
        head(words.alerts_settings, "mdi:tune-variant"),
        ...panels.slice(0, MOST_LINES).flatMap((panel) => alertSettings(panel, panels.length > 1)),
        shortcut(words.all_settings, "mdi:cog-outline", "/config/integrations/integration/panel_meter"),
      ]),
    ]),
    view(words.health, "mdi:heart-pulse", "health", [
      section([head(words.health, "mdi:heart-pulse"), own("health", undefined, { panels: ids })], { column_span: 2 }),
      section([
        head(words.repairs, "mdi:wrench-outline"),
        { type: "repairs", grid_options: WIDE },
        ...panels
          .slice(0, MOST_LINES)
          .flatMap((panel) => tile(panel.entities.connectivity, { grid_options: WIDE })),
        shortcut(words.all_settings, "mdi:cog-outline", "/config/integrations/integration/panel_meter"),
      ]),
    ]),
  ];
}

/**
 * The views of one panel. With a prefix they are pages behind the overview, with badges that lead from one to the other.
 * @param {House} house
 * @param {PanelInfo} panel
 * @param {string} prefix
 */
export function panelViews(house, panel, prefix) {
  const { words, base } = house;
  const among = prefix ? `${panel.name}: ` : "";
  /** @type {[string, string, string, (house: House, panel: PanelInfo) => object[]][]} */
  const pages = [
    ["now", words.now, "mdi:flash-outline", nowSections],
    ["panel", words.panel, "mdi:fuse", panelSections],
    ["energy", words.energy, "mdi:lightning-bolt", energySections],
    ["money", words.money, "mdi:cash-multiple", moneySections],
  ];
  return pages.map(([path, title, icon, sections]) =>
    view(
      among + title,
      icon,
      prefix + path,
      sections(house, panel),
      prefix
        ? {
            subview: true,
            back_path: `${base}/overview`,
            badges: pages.map(([other, name, picture]) => ({
              type: "shortcut",
              text: name,
              icon: picture,
              ...(other === path ? { color: "primary" } : { color: "disabled" }),
              tap_action: { action: "navigate", navigation_path: `${base}/${prefix}${other}`, navigation_replace: true },
            })),
          }
        : {},
    ),
  );
}

/** @param {House} house @param {PanelInfo} panel */
function nowSections(house, panel) {
  const { words } = house;
  const { entities } = panel;
  const circuits = channelsOf(panel, ["circuit"]).flatMap(({ entities: known, name }) =>
    known.power ? [{ entity: known.power, name: short(name) }] : [],
  );
  const where = [
    ...(house.panels.length === 1 ? flow(house) : []),
    ...(circuits.length > 1
      ? [{ type: "distribution", entities: circuits.slice(0, 2 * MOST_LINES), grid_options: WIDE }]
      : []),
  ];
  return [
    section([head(words.now, "mdi:flash-outline"), own("now", panel.id)]),
    ...(where.length ? [section([head(words.where_to, "mdi:chart-donut"), ...where])] : []),
    section([
      head(words.today, "mdi:calendar-today"),
      ...mainsOf(panel)
        .slice(0, 1)
        .flatMap((entity) => trend(entity, { name: words.power_24h })),
      ...channelsOf(panel, ["solar"])
        .slice(0, 1)
        .flatMap(({ entities: known, name }) => trend(known.production ?? known.power, { name })),
      ...tile(entities.energy_today),
      ...tile(entities.energy_this_month, { name: words.this_month }),
      ...tile(entities.cost_today),
      ...tile(entities.projected_bill),
      ...[1, 2, 3].flatMap((phase) => tile(entities[`voltage_${phase}`], { name: `${words.voltage} L${phase}` })),
    ]),
  ];
}

/** @param {House} house @param {PanelInfo} panel */
function panelSections(house, panel) {
  return [section([{ type: "custom:panel-meter-card", panel: panel.id, grid_options: WIDE }], { column_span: 3 })];
}

/** @param {House} house @param {PanelInfo} panel */
function energySections(house, panel) {
  const { words, energy } = house;
  const alone = house.panels.length === 1 && energy?.energy_sources?.length > 0;
  const collection = alone ? { collection_key: COLLECTION } : {};
  const circuits = channelsOf(panel, ["circuit"]).flatMap(({ entities, name }) =>
    entities.energy_import ? [{ entity: entities.energy_import, name: short(name) }] : [],
  );
  return [
    section(
      [
        ...(alone ? [{ type: "energy-date-selection", ...collection, grid_options: WIDE }] : []),
        own("energy", panel.id, collection),
      ],
      { column_span: 2 },
    ),
    section([
      ...(alone
        ? [
            head(words.house, "mdi:home-lightning-bolt-outline"),
            { type: "energy-usage-graph", ...collection, grid_options: WIDE },
            { type: "energy-distribution", ...collection, link_dashboard: true, grid_options: WIDE },
          ]
        : []),
      ...(circuits.length
        ? [
            head(words.last_days, "mdi:chart-bar-stacked"),
            {
              type: "statistics-graph",
              entities: circuits.slice(0, MOST_LINES),
              stat_types: ["change"],
              chart_type: "bar-stack",
              period: "day",
              days_to_show: 14,
              hide_legend: false,
              expand_legend: false,
              grid_options: WIDE,
            },
          ]
        : []),
    ]),
  ];
}

/** @param {House} house @param {PanelInfo} panel */
function moneySections(house, panel) {
  const { words } = house;
  const { entities } = panel;
  if (!panel.tariff) return [section([own("guide", panel.id, { why: "no_tariff" })], { column_span: 2 })];
  return [
    section([
      head(words.money, "mdi:cash-multiple"),
      ...tile(entities.cost_today),
      ...tile(entities.cost_this_cycle, { name: words.this_cycle }),
      own("projection", panel.id),
      ...tile(entities.price),
      ...tile(entities.next_price_change, { name: words.next_price }),
      own("prices", panel.id),
      ...(entities.demand ? [head(words.demand, "mdi:gauge"), own("demand", panel.id)] : []),
    ]),
    section([head(words.bill, "mdi:receipt-text-outline"), own("bill", panel.id)]),
    section([head(words.past_bills, "mdi:history"), own("bills", panel.id)]),
  ];
}

/** The Energy dashboard's own picture of the powers now; it draws what has a power sensor there. @param {House} house */
function flow({ energy }) {
  const drawn = energy?.device_consumption?.some((/** @type {any} */ device) => device.stat_rate);
  return drawn
    ? [{
          type: "power-sankey",
          layout: "horizontal",
          collection_key: COLLECTION,
          group_by_floor: false,
          group_by_area: false,
          // More names would lie on top of each other; the others are shown together.
          max_devices: 7,
          grid_options: { columns: "full", rows: 7 },
        }]
    : [];
}

/** @param {PanelInfo} panel @param {boolean} named */
function alertSettings(panel, named) {
  const tiles = ["alerts", "problem", "power_limit", "demand_limit", "energy_budget_day", "cost_budget_cycle"].flatMap((key) =>
    tile(panel.entities[key]),
  );
  return tiles.length && named ? [{ type: "heading", heading_style: "subtitle", heading: panel.name }, ...tiles] : tiles;
}

/** @param {{ entity_id: string }} entity */
const todoCard = ({ entity_id: entity }) => ({ type: "todo-list", entity, hide_create: true, grid_options: WIDE });

/** @param {string} label @param {string} icon @param {string} path */
const shortcut = (label, icon, path) => ({
  type: "shortcut",
  label,
  icon,
  tap_action: { action: "navigate", navigation_path: path },
  grid_options: WIDE,
});

/** Some cards do not cut names that are longer than themselves. @param {string} name */
const short = (name) => (name.length > LONGEST ? `${[...name].slice(0, LONGEST - 1).join("")}…` : name);

/** @param {PanelInfo} panel @param {string[]} roles */
const channelsOf = (panel, roles) => panel.channels.filter(({ role }) => roles.includes(role));

/** Power of the mains; without mains there is none. @param {PanelInfo} panel */
const mainsOf = (panel) => channelsOf(panel, ["main"]).flatMap(({ entities }) => entities.power ?? []);
