/* Sends messages with JavaMail, and writes down what it has sent.
 *
 * java -cp ... -Djdk.net.hosts.file=HOSTS Send HOST PORT plain|starttls|implicit CA.pem FOLDER, and on standard
 * input a line with user and password, then one line for each message: TOKEN, KIND, MECHANISM and recipients.
 * KIND is text, attachment, large, partial or utf8. It prints a line for each, "ok" or what went wrong,
 * and leaves the octets of the message in FOLDER/TOKEN. */

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.Date;
import java.util.Properties;
import javax.mail.Message;
import javax.mail.MessagingException;
import javax.mail.SendFailedException;
import javax.mail.Session;
import javax.mail.Transport;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeBodyPart;
import javax.mail.internet.MimeMessage;
import javax.mail.internet.MimeMultipart;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

public class Send {
    static final String TEXT = "Grüße aus Łódź, 你好.\r\n.\r\n..two dots\r\n.one dot\r\nEnd\r\n";
    static final int LARGE_LINES = 8000;

    static SSLSocketFactory trusting(String authority) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = new FileInputStream(authority)) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory managers =
            TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context.getSocketFactory();
    }

    static Properties settings(String mode, String authority, String kind, String mechanism)
        throws Exception {
        Properties settings = new Properties();
        settings.put("mail.smtp.localhost", "client.example");
        settings.put("mail.smtp.auth", "true");
        settings.put("mail.smtp.auth.mechanisms", mechanism);
        settings.put("mail.smtp.connectiontimeout", "20000");
        settings.put("mail.smtp.timeout", "20000");
        settings.put("mail.smtp.starttls.enable", String.valueOf(mode.equals("starttls")));
        settings.put("mail.smtp.starttls.required", String.valueOf(mode.equals("starttls")));
        settings.put("mail.smtp.ssl.enable", String.valueOf(mode.equals("implicit")));
        settings.put("mail.smtp.ssl.checkserveridentity", "true");
        settings.put("mail.smtp.ssl.socketFactory", trusting(authority));
        settings.put("mail.smtp.allow8bitmime", "true");
        settings.put("mail.smtp.sendpartial", String.valueOf(kind.equals("partial")));
        settings.put("mail.smtp.dsn.notify", "FAILURE,DELAY");
        settings.put("mail.mime.allowutf8", String.valueOf(kind.equals("utf8")));
        return settings;
    }

    static void fill(MimeMessage message, String token, String kind) throws Exception {
        String sender = kind.equals("utf8") ? "jürgen@example.org" : "bob@example.org";
        message.setFrom(new InternetAddress(sender, "Jürgen Müller", "utf-8"));
        message.setSubject("Grüße, 你好, and a subject long enough to be folded: " + token, "utf-8");
        message.setSentDate(new Date());
        if (kind.equals("large")) {
            message.setText((token + " .leading dots are rare\r\n.\r\n").repeat(LARGE_LINES), "utf-8");
            return;
        }
        if (!kind.equals("attachment")) {
            message.setText(TEXT, "utf-8");
            return;
        }
        MimeBodyPart text = new MimeBodyPart(), file = new MimeBodyPart();
        text.setText(TEXT, "utf-8");
        byte[] bytes = new byte[5000];
        for (int i = 0; i < bytes.length; i++)
            bytes[i] = (byte) i;
        file.setDataHandler(new javax.activation.DataHandler(
            new javax.mail.util.ByteArrayDataSource(bytes, "application/octet-stream")));
        file.setFileName("Überweisung 你好.pdf");
        message.setContent(new MimeMultipart(text, file));
    }

    static String refusal(MessagingException error) {
        String text = error.getMessage();
        if (error instanceof SendFailedException) {
            SendFailedException partly = (SendFailedException) error;
            text += " sent=" + Arrays.toString(partly.getValidSentAddresses())
                + " invalid=" + Arrays.toString(partly.getInvalidAddresses());
        }
        for (Exception next = error.getNextException(); next != null;
             next = next instanceof MessagingException ? ((MessagingException) next).getNextException() : null)
            text += " | " + next.getMessage();
        return text.replaceAll("\\s+", " ");
    }

    static String send(String[] arguments, String[] login, String[] words) throws Exception {
        Session session =
            Session.getInstance(settings(arguments[2], arguments[3], words[1], words[2]));
        MimeMessage message = new MimeMessage(session);
        fill(message, words[0], words[1]);
        for (String recipient : Arrays.copyOfRange(words, 3, words.length))
            message.addRecipient(Message.RecipientType.TO, new InternetAddress(recipient, "Zoë", "utf-8"));
        message.saveChanges();
        String answer = "ok";
        Transport transport = session.getTransport("smtp");
        try {
            transport.connect(arguments[0], Integer.parseInt(arguments[1]), login[0], login[1]);
            transport.sendMessage(message, message.getAllRecipients());
        } catch (MessagingException error) {
            answer = refusal(error);
        } finally {
            transport.close();
        }
        // Only now: sending may have changed an encoding to 8bit.
        try (OutputStream out = new FileOutputStream(arguments[4] + "/" + words[0])) {
            message.writeTo(out);
        }
        return answer;
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String[] login = in.readLine().split(" ");
        for (String line = in.readLine(); line != null; line = in.readLine())
            System.out.println(send(arguments, login, line.split(" ")));
    }
}
