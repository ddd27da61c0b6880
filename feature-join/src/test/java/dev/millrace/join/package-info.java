/** What the tests of the join share. */
@NullMarked
package dev.millrace.join;

import org.jspecify.annotations.NullMarked;
