/** A certificate that ends sooner is made anew. Stands alone: what makes certificates takes long to load. */
export const RENEWED_BEFORE_DAYS = 60;
