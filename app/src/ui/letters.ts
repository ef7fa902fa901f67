/** How long a name may be that is given to a meter or an account. */
export const MOST_LETTERS = 30;
