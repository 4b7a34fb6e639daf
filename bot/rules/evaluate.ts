import { isEqual, isOrdered, ofAbsent } from "./compare.ts";
import type { Facts } from "./facts.ts";
import type { Comparison, Condition } from "./syntax.ts";
import { and, FALSE, not, OPEN, or, TRUE, type Truth, UNDECIDED } from "./truth.ts";
import { isAbsent, type Value, type Values, valuesOf } from "./values.ts";

/** What a condition comes out as, or may still come out as. Without a condition: true. */
export function evaluate(condition: Condition | undefined, facts: Facts): Truth {
  return condition ? evaluatePart(condition, facts, false) : TRUE;
}

/** `not` is moved inwards, since an absent value makes a comparison and its negation both fail. */
function evaluatePart(condition: Condition, facts: Facts, isNegated: boolean): Truth {
  if (condition.kind === "comparison") return compareTerms(condition, facts, isNegated);
  if (condition.kind === "not") return evaluatePart(condition.condition, facts, !isNegated);
  const parts = condition.parts.map((part) => evaluatePart(part, facts, isNegated));
  return (condition.kind === "and") !== isNegated ? parts.reduce(and) : parts.reduce(or);
}

function compareTerms(comparison: Comparison, facts: Facts, isNegated: boolean): Truth {
  const { operator } = comparison;
  const left = valuesOf(comparison.left, facts);
  const right = valuesOf(comparison.right, facts);
  const isNegative = operator === "!=" || operator === "not in";
  if (isAbsent(left) || isAbsent(right)) return ofAbsent(isNegative !== isNegated);

  const quantifier = comparison.quantifier ?? (isNegative ? "all" : "any");
  const each = left.items.map((item) => {
    const truth = compareItem(item, operator, right);
    return isNegative ? not(truth) : truth;
  });
  const rest = left.isOpen ? [OPEN] : [];
  const truth =
    quantifier === "any" ? [...each, ...rest].reduce(or) : [...each, ...rest].reduce(and);
  return isNegated ? not(truth) : truth;
}

/** Compares by the positive form of the operator. */
function compareItem(item: Value | null, operator: Comparison["operator"], right: Values): Truth {
  switch (operator) {
    case "<":
    case "<=":
    case ">":
    case ">=":
      return compareOrder(item, operator, right);
    default:
      return right.items
        .map((other) => isEqual(item, other))
        .reduce(or, right.isOpen ? OPEN : FALSE);
  }
}

/** A list on the right has no place in an order; what is unknown on the left may turn out absent. */
function compareOrder(item: Value | null, operator: "<" | "<=" | ">" | ">=", right: Values): Truth {
  const [other] = right.items;
  if (item === null || right.isOpen || other === undefined) return OPEN;
  return right.items.length === 1 ? isOrdered(item, operator, other) : UNDECIDED;
}
