/** The API's contract as the client's tests see it. Every call may come from any thread. */
@NullMarked
package dev.millrace.load.standin;

import org.jspecify.annotations.NullMarked;
