package dev.millrace.deploy.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;

/** {@code millrace models leaderboard}. */
@Command(
        name = "leaderboard",
        mixinStandardHelpOptions = true,
        header = "How models that answer for one name do, on the same samples.",
        description = {
            "",
            "Gains are above 0 where the arm is better than the champion; their intervals hold at all times at once,"
                    + " however often one looks.",
            ""
        })
final class LeaderboardCommand extends ModelsCommand.Base {
    @Override
    public Integer call() throws IOException, InterruptedException {
        List<JsonNode> boards = where.experiments();
        if (boards.isEmpty()) {
            say("no model has arms; start serve with a second --spec, which 'learnsFrom' the first and has an 'arm'");
            return 1;
        }
        for (JsonNode board : boards) {
            say(
                    "model %s, champion %s, revision %d",
                    board.path("model").asText(),
                    board.path("champion").asText(),
                    board.path("revision").asLong());
            board.path("arms").forEach(this::arm);
        }
        return 0;
    }

    private void arm(JsonNode arm) {
        String share = arm.path("share").asDouble() > 0
                ? String.format(
                        Locale.ROOT,
                        " %.0f %% %s",
                        100 * arm.path("share").asDouble(),
                        arm.path("compare").asText())
                : "";
        say(
                "  %-20s %-10s%s  %,d samples, log loss %s, impression AUC %s, click rate %s",
                arm.path("model").asText(),
                arm.path("role").asText(),
                share,
                arm.path("samples").asLong(),
                number(arm.path("logLoss")),
                number(arm.path("impressionAuc")),
                interval(arm.path("clickRate")));
        JsonNode versus = arm.path("versus");
        if (versus.isObject()) {
            say(
                    "      log loss gain %s, AUC gain %s",
                    interval(versus.path("logLossGain")), interval(versus.path("aucGain")));
            say("      click gain %s%s", interval(versus.path("clickGain")), drafts(versus.path("interleaving")));
            say(
                    "      %s: ln evidence %.2f of %.2f%s",
                    versus.path("verdict").asText(),
                    versus.path("evidence").asDouble(),
                    versus.path("needed").asDouble(),
                    versus.path("byRule").asBoolean()
                            ? ", promoted by rule after " + versus.path("least").asLong() + " samples"
                            : ", promoted by command only");
        }
    }

    private static String drafts(JsonNode drafts) {
        return drafts.isObject()
                ? String.format(
                        Locale.ROOT,
                        ", drafted lists: %d won, %d lost, %d even, %s",
                        drafts.path("wins").asLong(),
                        drafts.path("losses").asLong(),
                        drafts.path("ties").asLong(),
                        interval(drafts.path("gain")))
                : "";
    }

    private static String number(JsonNode value) {
        return value.isNumber() ? String.format(Locale.ROOT, "%.4f", value.asDouble()) : "-";
    }

    private static String interval(JsonNode interval) {
        return interval.isObject()
                ? String.format(
                        Locale.ROOT,
                        "%.4f (%.4f .. %.4f)",
                        interval.path("value").asDouble(),
                        interval.path("low").asDouble(),
                        interval.path("high").asDouble())
                : "-";
    }
}
