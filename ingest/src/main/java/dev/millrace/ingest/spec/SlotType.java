package dev.millrace.ingest.spec;

/** What a slot makes of its attribute. */
public enum SlotType {
    /** One value, one feature. */
    CATEGORY,
    /** A list of values, one feature each. */
    CATEGORIES,
    /** Words of a text in lower case, one feature each. */
    TEXT,
    /** A number: by its bin, standardized, or as it is. */
    NUMBER
}
