/** The number that a decimal text stands for, unless a double would make another of it. */
export function exactNumber(text: string): number | undefined {
  const value = Number(text);
  const isExact = Number.isFinite(value) && canonical(String(value)) === canonical(text);
  return isExact ? value : undefined;
}

/** Digits and exponent, the same for every way to write a number. */
function canonical(text: string): string {
  const sign = text.startsWith("-") ? "-" : "";
  const [mantissa = "", exponent = "0"] = text.slice(sign.length).split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = withoutLastZeros(digits);
  if (significant === "") return "0";
  const shift = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign}${significant}e${shift}`;
}

/** A pattern would look at every run of zeros again from each of them. */
function withoutLastZeros(digits: string): string {
  let end = digits.length;
  while (digits.charAt(end - 1) === "0") end--;
  return digits.slice(0, end);
}
