// Runs on every page; the rest is loaded when it is first used.
const load = (path) => import(`./${path}`);
// The app replaces the registry.
await customElements.whenDefined("home-assistant");
const define = (tag, type) => customElements.get(tag) || customElements.define(tag, type);

// Stands for a card until its module has defined `<tag>-view`.
const card = (tag, path) =>
	define(tag, class extends HTMLElement {
		static getConfigForm = async () => (await load(path)).getConfigForm?.();
		setConfig(config) {
			this.config = config;
			this.view?.setConfig(config);
		}
		set hass(hass) {
			this.home = hass;
			if (this.view) this.view.hass = hass;
		}
		async connectedCallback() {
			try {
				await load(path);
			} catch {
				return this.append("Panel Meter was updated. Reload this page.");
			}
			if (this.view) return;
			const view = (this.view = document.createElement(`${tag}-view`));
			view.setConfig(this.config);
			view.hass = this.home;
			this.replaceChildren(view);
		}
		getCardSize = () => 8;
		getGridOptions = () => ({ columns: 12, min_columns: 6 });
	});
card("panel-meter-card", "card/card.js");
card("panel-meter-view", "views/view.js");

const strategy = (name) => async (...all) => (await load("strategy/dashboard.js"))[name](...all);
define("ll-strategy-dashboard-panel-meter", class extends HTMLElement {
	static noEditor = true;
	static generate = strategy("generate");
	static getCreateSuggestions = strategy("getCreateSuggestions");
});

const offer = (list, type, name, more) => (window[list] ??= []).push({ type, name, ...more });
offer("customStrategies", "panel-meter", "Panel Meter", { strategyType: "dashboard" });
offer("customCards", "panel-meter-card", "Electrical panel", {
	preview: true,
	getEntitySuggestion({ entities, devices }, id) {
		const { platform, device_id } = entities[id] ?? {};
		if (platform !== "panel_meter") return null;
		const panel = devices[device_id]?.identifiers?.[0]?.[1].split("/")[0];
		return { config: { type: "custom:panel-meter-card", panel } };
	},
});
