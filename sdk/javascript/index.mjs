// One implementation for both module systems: require() and import give the very same classes.
import linarite from "./index.js";

export const { AzureKeyCredential, WebPubSubServiceClient, odata } = linarite;
