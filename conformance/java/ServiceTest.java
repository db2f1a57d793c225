// Every operation of azure-messaging-webpubsub. Run it with the class path of pom.xml:
// java -cp ... ServiceTest.java; with COUNTS=FILE it writes "PASSED FAILED" there.

import com.azure.core.credential.AzureKeyCredential;
import com.azure.core.exception.HttpResponseException;
import com.azure.core.http.policy.FixedDelayOptions;
import com.azure.core.http.policy.RetryOptions;
import com.azure.core.http.rest.RequestOptions;
import com.azure.core.util.BinaryData;
import com.azure.messaging.webpubsub.WebPubSubServiceAsyncClient;
import com.azure.messaging.webpubsub.WebPubSubServiceClient;
import com.azure.messaging.webpubsub.WebPubSubServiceClientBuilder;
import com.azure.messaging.webpubsub.models.GetClientAccessTokenOptions;
import com.azure.messaging.webpubsub.models.WebPubSubClientProtocol;
import com.azure.messaging.webpubsub.models.WebPubSubContentType;
import com.azure.messaging.webpubsub.models.WebPubSubPermission;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;

class ServiceTest {
    /** Marks a check. */
    @Retention(RetentionPolicy.RUNTIME)
    @interface Test {}

    static final String connectionString = Objects.requireNonNull(System.getenv("WebPubSubConnectionString"),
        "WebPubSubConnectionString is not set: run this as wps emulator -- java ServiceTest.java");
    static final String endpoint = setting("Endpoint").replaceFirst("/$", "");
    static final String key = setting("AccessKey");
    static final ObjectMapper json = new ObjectMapper();
    static final AtomicInteger hubs = new AtomicInteger();
    static final RequestOptions none = new RequestOptions();
    static final WebPubSubContentType text = WebPubSubContentType.TEXT_PLAIN;

    static String setting(String name) {
        return Arrays.stream(connectionString.split(";")).filter(s -> s.startsWith(name + "="))
            .findFirst().orElseThrow().substring(name.length() + 1);
    }

    static String newHub() {
        return "java" + ProcessHandle.current().pid() + "x" + hubs.incrementAndGet();
    }

    static WebPubSubServiceClientBuilder builder() {
        return new WebPubSubServiceClientBuilder().connectionString(connectionString).hub(newHub())
            .retryOptions(new RetryOptions(new FixedDelayOptions(0, Duration.ofMillis(1))));
    }

    /** A client of the JSON subprotocol, which is no part of the SDK. */
    static class Receiver implements WebSocket.Listener {
        final LinkedBlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
        final StringBuilder partial = new StringBuilder();
        final String id;

        Receiver(WebPubSubServiceClient service, GetClientAccessTokenOptions token) throws Exception {
            HttpClient.newHttpClient().newWebSocketBuilder().subprotocols("json.webpubsub.azure.v1")
                .buildAsync(URI.create(service.getClientAccessToken(token).getUrl()), this).get(10, TimeUnit.SECONDS);
            id = next().get("connectionId").asText();
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            partial.append(data);
            if (last) {
                try {
                    messages.add(json.readTree(partial.toString()));
                } catch (Exception e) {
                    messages.add(json.getNodeFactory().textNode("not JSON: " + partial));
                }
                partial.setLength(0);
            }
            return WebSocket.Listener.super.onText(socket, data, last);
        }

        JsonNode next() throws InterruptedException {
            return Objects.requireNonNull(messages.poll(10, TimeUnit.SECONDS), "no message within 10 s");
        }

        /** Returns the data of the next messages, up to the one with the text "end". */
        List<String> data() throws InterruptedException {
            List<String> got = new ArrayList<>();
            for (JsonNode m = next(); !m.path("data").asText().equals("end"); m = next()) {
                got.add(m.get("data").isTextual() ? m.get("data").asText() : m.get("data").toString());
            }
            return got;
        }

        String closed() throws InterruptedException {
            return next().path("message").asText();
        }
    }

    static Receiver receive(WebPubSubServiceClient service, String user, String... groups) throws Exception {
        return new Receiver(service, new GetClientAccessTokenOptions().setUserId(user).setGroups(List.of(groups)));
    }

    static RequestOptions query(String name, String value) {
        return new RequestOptions().addQueryParam(name, value, false);
    }

    static void equal(Object got, Object want) {
        if (!Objects.equals(got, want)) throw new AssertionError("got " + got + ", want " + want);
    }

    static void refused(int status, Runnable call) {
        try {
            call.run();
        } catch (HttpResponseException e) {
            equal(e.getResponse().getStatusCode(), status);
            return;
        }
        throw new AssertionError("accepted, want " + status);
    }

    @Test
    static void sendToAll() throws Exception {
        WebPubSubServiceClient service = builder().buildClient();
        Receiver a = receive(service, null), b = receive(service, null);
        service.sendToAll("hello", text);
        service.sendToAll("{\"n\":1}", WebPubSubContentType.APPLICATION_JSON);
        byte[] bytes = {0, 1, (byte) 255};
        service.sendToAllWithResponse(BinaryData.fromBytes(bytes), WebPubSubContentType.APPLICATION_OCTET_STREAM, 3, none);
        equal(service.sendToAllWithResponse(BinaryData.fromString("only b"), text, 6, query("excluded", a.id)).getStatusCode(), 202);
        service.sendToAll("end", text);
        equal(a.data(), List.of("hello", "{\"n\":1}", "AAH/"));
        equal(b.data(), List.of("hello", "{\"n\":1}", "AAH/", "only b"));
    }

    @Test
    static void sendToUserAndConnection() throws Exception {
        WebPubSubServiceClient service = builder().buildClient();
        Receiver one = receive(service, "u 1"), two = receive(service, "u 1"), other = receive(service, "u2");
        service.sendToUser("u 1", "hi", text);
        service.sendToUserWithResponse("u2", BinaryData.fromString("more"), text, 4, none);
        service.sendToConnection(one.id, "one", text);
        service.sendToConnectionWithResponse(two.id, BinaryData.fromString("two"), text, 3, none);
        service.sendToConnection("nobody", "x", text);
        service.sendToAll("end", text);
        equal(List.of(one.data(), two.data(), other.data()), List.of(List.of("hi", "one"), List.of("hi", "two"), List.of("more")));
    }

    @Test
    static void groups() throws Exception {
        WebPubSubServiceClient service = builder().buildClient();
        Receiver a = receive(service, null), b = receive(service, "ub");
        service.addConnectionToGroupWithResponse("group 1", a.id, none);
        service.addUserToGroupWithResponse("group 1", "ub", none);
        service.sendToGroup("group 1", "both", text);
        service.sendToGroupWithResponse("group 1", BinaryData.fromString("b only"), text, 6, query("excluded", a.id));
        service.removeUserFromGroupWithResponse("group 1", "ub", none);
        service.sendToGroup("group 1", "a only", text);
        service.removeConnectionFromGroupWithResponse("group 1", a.id, none);
        service.sendToGroup("group 1", "nobody", text);
        service.sendToAll("end", text);
        equal(List.of(a.data(), b.data()), List.of(List.of("both", "a only"), List.of("both", "b only")));
        refused(404, () -> service.addConnectionToGroupWithResponse("g", "nobody", none));
    }

    @Test
    static void allGroups() throws Exception {
        WebPubSubServiceClient service = builder().buildClient();
        Receiver a = receive(service, null, "g1", "g2");
        receive(service, "ub", "g1", "g2");
        service.removeConnectionFromAllGroupsWithResponse(a.id, none);
        equal(service.groupExistsWithResponse("g2", none).getValue(), true);
        service.removeUserFromAllGroupsWithResponse("ub", none);
        equal(service.groupExistsWithResponse("g1", none).getValue(), false);
        service.addConnectionsToGroups(List.of("g3", "g4"), "userId eq 'ub'");
        equal(service.groupExistsWithResponse("g4", none).getValue(), true);
    }

    @Test
    static void exists() throws Exception {
        WebPubSubServiceClient service = builder().buildClient();
        Receiver a = receive(service, "u1", "g1");
        equal(service.connectionExistsWithResponse(a.id, none).getValue(), true);
        equal(service.userExistsWithResponse("u1", none).getValue(), true);
        equal(service.groupExistsWithResponse("g1", none).getValue(), true);
        equal(service.connectionExistsWithResponse("nobody", none).getValue(), false);
        equal(service.userExistsWithResponse("nobody", none).getValue(), false);
        equal(service.groupExistsWithResponse("nobody", none).getValue(), false);
    }

    @Test
    static void close() throws Exception {
        WebPubSubServiceClient service = builder().buildClient();
        Receiver one = receive(service, null), user = receive(service, "u1");
        Receiver member = receive(service, null, "g1"), spared = receive(service, null, "g1");
        equal(service.closeConnectionWithResponse(one.id, query("reason", "r1")).getStatusCode(), 204);
        service.closeUserConnectionsWithResponse("u1", query("reason", "r2"));
        service.closeGroupConnectionsWithResponse("g1", query("reason", "r3").addQueryParam("excluded", spared.id));
        equal(service.connectionExistsWithResponse(spared.id, none).getValue(), true);
        service.closeAllConnectionsWithResponse(query("reason", "r4"));
        String all = String.join("\n", one.closed(), user.closed(), member.closed(), spared.closed());
        equal(all.replaceAll("[^\n]*(r\\d)[^\n]*", "$1"), "r1\nr2\nr3\nr4");
    }

    @Test
    static void permissions() throws Exception {
        WebPubSubServiceClient service = builder().buildClient();
        Receiver a = receive(service, null);
        for (WebPubSubPermission p : List.of(WebPubSubPermission.JOIN_LEAVE_GROUP, WebPubSubPermission.SEND_TO_GROUP)) {
            equal(service.checkPermissionWithResponse(p, a.id, query("targetName", "g 1")).getValue(), false);
            service.grantPermissionWithResponse(p, a.id, query("targetName", "g 1"));
            equal(service.checkPermissionWithResponse(p, a.id, query("targetName", "g 1")).getValue(), true);
            service.revokePermissionWithResponse(p, a.id, query("targetName", "g 1"));
            equal(service.checkPermissionWithResponse(p, a.id, query("targetName", "g 1")).getValue(), false);
        }
    }

    @Test
    static void filters() throws Exception {
        WebPubSubServiceClient service = builder().buildClient();
        Receiver named = receive(service, "O'Brien", "g"), other = receive(service, null, "g", "h");
        service.sendToAllWithResponse(BinaryData.fromString("named"), text, 5, query("filter", "userId eq 'O''Brien'"));
        service.sendToGroupWithResponse("g", BinaryData.fromString("in h"), text, 4, query("filter", "'h' in groups"));
        service.sendToAll("end", text);
        equal(List.of(named.data(), other.data()), List.of(List.of("named"), List.of("in h")));
        refused(400, () -> service.sendToAllWithResponse(BinaryData.fromString("x"), text, 1, query("filter", "userId eq")));
    }

    @Test
    static void names() throws Exception {
        WebPubSubServiceClient service = builder().buildClient();
        for (String name : List.of("a b", "ä€", "a+b", "a%20b", "a:b", "a@b&c=d", "#?", "'\"", "~!$()*,;")) {
            Receiver a = receive(service, name);
            service.addUserToGroupWithResponse(name, name, none);
            service.sendToGroup(name, name, text);
            JsonNode message = a.next();
            equal(message.get("group").asText() + message.get("data").asText(), name + name);
            equal(service.userExistsWithResponse(name, none).getValue(), true);
        }
    }

    @Test
    static void clientAccessToken() throws Exception {
        WebPubSubServiceClient service = builder().hub("tokens").buildClient();
        GetClientAccessTokenOptions o = new GetClientAccessTokenOptions().setUserId("u1").addRole("webpubsub.sendToGroup").addGroup("g1");
        String token = service.getClientAccessToken(o.setExpiresAfter(Duration.ofMinutes(5))).getToken();
        JsonNode claims = json.readTree(Base64.getUrlDecoder().decode(token.split("\\.")[1]));
        equal(claims.get("aud").asText(), endpoint + "/client/hubs/tokens");
        equal(claims.get("sub").asText(), "u1");
        String mqtt = service.getClientAccessToken(new GetClientAccessTokenOptions().setWebPubSubClientProtocol(WebPubSubClientProtocol.MQTT)).getUrl();
        equal(mqtt.contains("/clients/mqtt/hubs/tokens?access_token="), true);
    }

    @Test
    static void credentials() {
        WebPubSubServiceClientBuilder keyed = new WebPubSubServiceClientBuilder().endpoint(endpoint).hub(newHub());
        equal(keyed.credential(new AzureKeyCredential(key)).buildClient().groupExistsWithResponse("g", none).getValue(), false);
        String wrong = connectionString.replace(key, "w".repeat(44));
        refused(401, () -> builder().connectionString(wrong).buildClient().sendToAll("x", text));
        String proxy = endpoint.replace("localhost", "127.0.0.1");
        equal(builder().reverseProxyEndpoint(proxy).buildClient().userExistsWithResponse("u", none).getValue(), false);
    }

    @Test
    static void asynchronous() throws Exception {
        WebPubSubServiceClientBuilder both = builder();
        WebPubSubServiceAsyncClient async = both.buildAsyncClient();
        Receiver a = receive(both.buildClient(), "u1", "g1");
        Mono.when(async.sendToAll("all", text), async.sendToGroup("g1", "group", text), async.sendToUser("u1", "user", text)).block();
        async.sendToConnection(a.id, "end", text).block();
        equal(new TreeSet<>(a.data()), new TreeSet<>(List.of("all", "group", "user")));
        equal(async.userExistsWithResponse("u1", none).block().getValue(), true);
        async.closeAllConnectionsWithResponse(query("reason", "over")).block();
        equal(a.closed().contains("over"), true);
    }

    /** The checks above call every method of the client. */
    @Test
    static void everyMethod() throws Exception {
        String source = Files.readString(Path.of("ServiceTest.java"));
        equal(Arrays.stream(WebPubSubServiceClient.class.getDeclaredMethods())
            .filter(m -> Modifier.isPublic(m.getModifiers()) && !m.isSynthetic()).map(Method::getName)
            .filter(name -> !source.contains("service." + name + "(")).collect(Collectors.toSet()).toString(), "[]");
    }

    public static void main(String[] args) throws Exception {
        int passed = 0, failed = 0;
        List<Method> checks = Stream.of(ServiceTest.class.getDeclaredMethods()).filter(m -> m.isAnnotationPresent(Test.class))
            .sorted(Comparator.comparing(Method::getName)).toList();
        for (Method check : checks) {
            try {
                check.invoke(null);
                passed++;
                System.out.println("ok     " + check.getName());
            } catch (InvocationTargetException e) {
                failed++;
                System.out.println("FAILED " + check.getName());
                e.getCause().printStackTrace(System.out);
            }
        }
        if (System.getenv("COUNTS") != null) {
            Files.writeString(Path.of(System.getenv("COUNTS")), passed + " " + failed + "\n");
        }
        System.exit(failed == 0 ? 0 : 1);
    }
}
