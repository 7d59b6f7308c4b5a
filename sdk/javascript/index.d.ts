import type { OperationOptions } from "@azure/core-client";
import * as official from "azure-web-pubsub-official";

export * from "azure-web-pubsub-official";

/** Options for checking whether a user is in a group. */
export interface GroupHasUserOptions extends OperationOptions {}

/** The official group client, which can also say who is in the group. */
export interface WebPubSubGroup extends official.WebPubSubGroup {
  /**
   * Says whether at least one connection of a user is in this group.
   *
   * @param userId - The user to look for
   * @param options - Additional options
   */
  hasUser(userId: string, options?: GroupHasUserOptions): Promise<boolean>;
}

/**
 * The official service client, with `getClientAccessUrl` and `group(name).hasUser`. It accepts an http endpoint
 * on a loopback host (localhost, *.localhost, 127.0.0.0/8, [::1]) without `allowInsecureConnection`.
 */
export declare class WebPubSubServiceClient extends official.WebPubSubServiceClient {
  /** Gives the client of one group. */
  group(groupName: string): WebPubSubGroup;

  /**
   * Gives the URL with which a client connects, its token and the URL without the token: `getClientAccessToken`
   * under the name that says so.
   *
   * @param options - User id, roles, groups, expiry and protocol of the client
   */
  getClientAccessUrl(options?: official.GenerateClientTokenOptions): Promise<official.ClientTokenResponse>;
}
