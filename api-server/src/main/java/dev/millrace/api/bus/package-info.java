/**
 * What people may do with a model's versions: name them, go back to them, stop learning and let it go on.
 *
 * <p>In: a registry, version files, what serves. Out: events of the registry, and whether they are in effect. Depends on
 * ps.version and ps.serve. Any thread.
 */
@NullMarked
package dev.millrace.api.bus;

import org.jspecify.annotations.NullMarked;
