import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Spark, local[2], reads and parses the CSV files of a folder whole: 13 numbers as doubles, summed, 26 categories as
 * strings, hashed (xxhash64) and summed, so that no column can be left out. Run as a source file on the JDK that Spark
 * supports. Prints rows and seconds of each pass, then the process's peak resident memory.
 *
 * <pre>java -cp SPARK SparkRead.java FOLDER PASSES</pre>
 */
public class SparkRead {
    public static void main(String[] args) throws Exception {
        SparkSession spark = SparkSession.builder()
                .master("local[2]")
                .appName("peer")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.shuffle.partitions", "2")
                // It refuses small heaps outright; what it needs is to be found, not to be told.
                .config("spark.testing.reservedMemory", "0")
                .getOrCreate();
        spark.sparkContext().setLogLevel("ERROR");
        StructType schema = new StructType().add("label", DataTypes.IntegerType);
        Column sum = functions.col("label").cast("double");
        for (int i = 1; i <= 13; i++) {
            schema = schema.add("i" + i, DataTypes.DoubleType);
            sum = sum.plus(functions.col("i" + i));
        }
        Column[] categories = new Column[26];
        for (int c = 1; c <= 26; c++) {
            schema = schema.add("c" + c, DataTypes.StringType);
            categories[c - 1] = functions.col("c" + c);
        }
        for (int pass = 0; pass < Integer.parseInt(args[1]); pass++) {
            long startNs = System.nanoTime();
            Dataset<Row> rows = spark.read().schema(schema).option("header", "true").csv(args[0]);
            Row result = rows.agg(
                            functions.count(functions.lit(1)),
                            functions.sum(sum),
                            functions.sum(functions.xxhash64(categories).cast("double")))
                    .first();
            System.out.println("pass " + result.getLong(0) + " rows " + (System.nanoTime() - startNs) / 1e9 + " seconds");
        }
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM")) {
                System.out.println("peak " + line.replaceAll("[^0-9]", "") + " KiB");
            }
        }
        spark.stop();
    }
}
