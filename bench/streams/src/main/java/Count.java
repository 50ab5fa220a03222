import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.SplittableRandom;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * Counts records per key, exactly once, and emits the new count for each: Count INPUT OUTPUT memory|rocksdb [NAME=VALUE...].
 * The settings that follow are those of Kafka Streams; they replace the ones below.
 */
public final class Count {
    private static final String STORE = "count";
    /** Bytes, not compressible, that a value in the store is longer than its count. */
    private static final int PAD = Integer.getInteger("pad", 0);

    public static void main(String[] args) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        for (int i = 3; i < args.length; i++) {
            String[] pair = args[i].split("=", 2);
            settings.put(pair[0], pair[1]);
        }
        KafkaStreams streams = new KafkaStreams(topology(args[0], args[1], args[2]), settings);
        streams.setUncaughtExceptionHandler(e -> {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(CloseOptions.timeout(Duration.ofSeconds(20))
            .withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP))));
        streams.start();
    }

    private static Topology topology(String input, String output, String kind) {
        KeyValueBytesStoreSupplier supplier =
            kind.equals("memory") ? Stores.inMemoryKeyValueStore(STORE) : Stores.persistentKeyValueStore(STORE);
        // Without a cache every update is logged, as the other sides do.
        return new Topology()
            .addSource("in", new StringDeserializer(), new ByteArrayDeserializer(), input)
            .addProcessor("counter", Counter::new, "in")
            .addStateStore(Stores.keyValueStoreBuilder(supplier, Serdes.String(), Serdes.ByteArray())
                .withCachingDisabled().withLoggingEnabled(Map.of()), "counter")
            .addSink("out", output, new StringSerializer(), new ByteArraySerializer(), "counter");
    }

    /** The output's value is the count and the time from the head of the input's value, 8 bytes each. */
    private static final class Counter implements Processor<String, byte[], String, byte[]> {
        private ProcessorContext<String, byte[]> context;
        private KeyValueStore<String, byte[]> counts;

        @Override
        public void init(ProcessorContext<String, byte[]> context) {
            this.context = context;
            this.counts = context.getStateStore(STORE);
        }

        @Override
        public void process(Record<String, byte[]> record) {
            byte[] before = counts.get(record.key());
            long count = before == null ? 1 : ByteBuffer.wrap(before).getLong() + 1;
            counts.put(record.key(), stored(record.key(), count));
            byte[] value = ByteBuffer.allocate(16).putLong(count).put(record.value(), 0, 8).array();
            context.forward(record.withValue(value));
        }

        private static byte[] stored(String key, long count) {
            byte[] pad = new byte[PAD];
            if (PAD > 0) {
                new SplittableRandom(key.hashCode() + count).nextBytes(pad);
            }
            return ByteBuffer.allocate(8 + PAD).putLong(count).put(pad).array();
        }
    }
}
