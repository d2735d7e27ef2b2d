// Numbers and times as the user has chosen to read them, made once and used for every message.

/** @typedef {{ locale: { language: string, number_format: string, time_format: string, time_zone?: string }, config: { time_zone: string } }} Home */

export const NOTHING = "–";

/** Which language writes numbers in the form that a user has chosen. @type {Record<string, string>} */
export const FORMS = { comma_decimal: "en-US", decimal_comma: "de", space_comma: "fr", quote_decimal: "de-CH" };

/** @param {Home} home */
export function formats({ locale, config }) {
  const language = locale.number_format === "system" ? undefined : (FORMS[locale.number_format] ?? locale.language);
  const useGrouping = locale.number_format !== "none";
  const digits = [0, 1, 2].map(
    (each) => new Intl.NumberFormat(language, { useGrouping, minimumFractionDigits: each, maximumFractionDigits: each }),
  );
  const clock = new Intl.DateTimeFormat(locale.language, {
    hour: "2-digit",
    minute: "2-digit",
    timeZone: locale.time_zone === "local" ? undefined : config.time_zone,
    ...(locale.time_format === "12" && { hour12: true }),
    ...(locale.time_format === "24" && { hourCycle: "h23" }),
  });
  return {
    /** @param {number} value @param {0 | 1 | 2} places */
    number: (value, places) => digits[places].format(value),
    /** @param {number | null | undefined} watts */
    power(watts) {
      if (watts === null || watts === undefined) return NOTHING;
      const whole = Math.round(watts) || 0;
      return Math.abs(whole) < 1000 ? `${digits[0].format(whole)} W` : `${digits[2].format(watts / 1000)} kW`;
    },
    /** @param {number | null | undefined} value */
    current(value) {
      return value === null || value === undefined ? NOTHING : `${digits[Math.abs(value) < 100 ? 1 : 0].format(value)} A`;
    },
    /** @param {number | null} share */
    percent: (share) => (share === null ? "" : `${digits[0].format(Math.round(share * 100))} %`),
    /** @param {number} seconds UTC */
    time: (seconds) => clock.format(seconds * 1000),
  };
}

/** @typedef {ReturnType<typeof formats>} Formats */
