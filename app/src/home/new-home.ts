/** Where on Home stands what somebody does who has no meter yet, as the page's address names it. */
export const NEW_HOME = "code";
