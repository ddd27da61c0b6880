/**
 * What an operator may set, and what is said of what they may not.
 *
 * <p>In: YAML. Out: records, or every problem with its field and fix.
 */
@NullMarked
package dev.millrace.deploy.config;

import org.jspecify.annotations.NullMarked;
