/** The name of the environment variable that carries an option. */
export function optionVariable(name: string): string {
  return `ALDIS_OPT_${name.toUpperCase().replaceAll("-", "_")}`;
}
