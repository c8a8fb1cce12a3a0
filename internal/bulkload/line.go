package bulkload

import "github.com/go-json-experiment/json/jsontext"

// A line is one line of a file: a type, and the object that stands under the name of the type.
type line struct {
	Type          string         `json:"type"`
	Version       *int           `json:"version"`
	Info          *info          `json:"info"`
	Role          *role          `json:"role"`
	Scheme        *scheme        `json:"scheme"`
	Emoji         *emoji         `json:"emoji"`
	Team          *team          `json:"team"`
	Channel       *channel       `json:"channel"`
	User          *user          `json:"user"`
	Bot           *bot           `json:"bot"`
	Post          *post          `json:"post"`
	DirectChannel *directChannel `json:"direct_channel"`
	DirectPost    *post          `json:"direct_post"`
}

type info struct {
	Generator  string         `json:"generator"`
	Version    string         `json:"version"`
	Created    string         `json:"created"`
	Additional jsontext.Value `json:"additional"`
}

type role struct {
	Name          *string   `json:"name"`
	DisplayName   *string   `json:"display_name"`
	Description   *string   `json:"description"`
	Permissions   *[]string `json:"permissions"`
	SchemeManaged *bool     `json:"scheme_managed"`
}

type scheme struct {
	Name                    *string `json:"name"`
	DisplayName             *string `json:"display_name"`
	Description             *string `json:"description"`
	Scope                   *string `json:"scope"`
	DefaultTeamAdminRole    *role   `json:"default_team_admin_role"`
	DefaultTeamUserRole     *role   `json:"default_team_user_role"`
	DefaultTeamGuestRole    *role   `json:"default_team_guest_role"`
	DefaultChannelAdminRole *role   `json:"default_channel_admin_role"`
	DefaultChannelUserRole  *role   `json:"default_channel_user_role"`
	DefaultChannelGuestRole *role   `json:"default_channel_guest_role"`
}

type emoji struct {
	Name  *string `json:"name"`
	Image *string `json:"image"`
}

type team struct {
	Name            *string `json:"name"`
	DisplayName     *string `json:"display_name"`
	Type            *string `json:"type"`
	Description     *string `json:"description"`
	AllowOpenInvite *bool   `json:"allow_open_invite"`
	Scheme          *string `json:"scheme"`
}

type channel struct {
	Team        *string `json:"team"`
	Name        *string `json:"name"`
	DisplayName *string `json:"display_name"`
	Type        *string `json:"type"`
	Header      *string `json:"header"`
	Purpose     *string `json:"purpose"`
	Scheme      *string `json:"scheme"`
	DeletedAt   *int64  `json:"deleted_at"`
}

type user struct {
	Username     *string        `json:"username"`
	Email        *string        `json:"email"`
	AuthService  *string        `json:"auth_service"`
	AuthData     *string        `json:"auth_data"`
	Password     *string        `json:"password"`
	Nickname     *string        `json:"nickname"`
	FirstName    *string        `json:"first_name"`
	LastName     *string        `json:"last_name"`
	Position     *string        `json:"position"`
	Roles        *string        `json:"roles"`
	Locale       *string        `json:"locale"`
	DeleteAt     *int64         `json:"delete_at"`
	ProfileImage *string        `json:"profile_image"`
	Teams        []userTeam     `json:"teams"`
	NotifyProps  *notifyProps   `json:"notify_props"`
	CustomStatus jsontext.Value `json:"custom_status"`
	preferences
}

// preferences are kept as they are written, save those that have but two values.
type preferences struct {
	Theme                    *string `json:"theme"`
	MilitaryTime             *string `json:"military_time"`
	LinkPreviews             *string `json:"link_previews"`
	MessageDisplay           *string `json:"message_display"`
	CollapseConsecutive      *string `json:"collapse_consecutive_messages"`
	ColorizeUsernames        *string `json:"colorize_usernames"`
	ChannelDisplayMode       *string `json:"channel_display_mode"`
	TutorialStep             *string `json:"tutorial_step"`
	SendOnCtrlEnter          *string `json:"send_on_ctrl_enter"`
	CodeBlockCtrlEnter       *string `json:"code_block_ctrl_enter"`
	ShowJoinLeave            *string `json:"show_join_leave"`
	ShowUnreadScrollPosition *string `json:"show_unread_scroll_position"`
	SyncDrafts               *string `json:"sync_drafts"`
	LimitVisibleDMs          *string `json:"limit_visible_dms_gms"`
	NameFormat               *string `json:"name_format"`
	Markdown                 *string `json:"feature_enabled_markdown_preview"`
	Formatting               *string `json:"formatting"`
	ShowUnreadSection        *string `json:"show_unread_section"`
	EmailInterval            *string `json:"email_interval"`
}

type notifyProps struct {
	Desktop          *string `json:"desktop"`
	DesktopSound     *string `json:"desktop_sound"`
	Email            *string `json:"email"`
	Mobile           *string `json:"mobile"`
	MobilePushStatus *string `json:"mobile_push_status"`
	Channel          *string `json:"channel"`
	Comments         *string `json:"comments"`
	MentionKeys      *string `json:"mention_keys"`
}

type userTeam struct {
	Name     *string       `json:"name"`
	Roles    *string       `json:"roles"`
	Theme    *string       `json:"theme"`
	Channels []userChannel `json:"channels"`
}

type userChannel struct {
	Name        *string             `json:"name"`
	Roles       *string             `json:"roles"`
	Favorite    *bool               `json:"favorite"`
	NotifyProps *channelNotifyProps `json:"notify_props"`
	counters
}

// counters are what somebody has read of a channel.
type counters struct {
	MentionCount     *int64 `json:"mention_count"`
	MentionCountRoot *int64 `json:"mention_count_root"`
	UrgentMentions   *int64 `json:"urgend_mention_count"` // the format spells it so
	MsgCount         *int64 `json:"msg_count"`
	MsgCountRoot     *int64 `json:"msg_count_root"`
	LastViewedAt     *int64 `json:"last_viewed_at"`
}

type channelNotifyProps struct {
	Desktop               *string `json:"desktop"`
	Mobile                *string `json:"mobile"`
	MarkUnread            *string `json:"mark_unread"`
	Email                 *string `json:"email"`
	IgnoreChannelMentions *string `json:"ignore_channel_mentions"`
	AutoFollowThreads     *string `json:"channel_auto_follow_threads"`
}

type bot struct {
	Username     *string `json:"username"`
	Owner        *string `json:"owner"`
	DisplayName  *string `json:"display_name"`
	Description  *string `json:"description"`
	DeleteAt     *int64  `json:"delete_at"`
	ProfileImage *string `json:"profile_image"`
}

// A post is a post of a channel, a reply (without Team, Channel, Replies), or one of a direct channel (ChannelMembers instead of Team and Channel).
type post struct {
	Team            *string          `json:"team"`
	Channel         *string          `json:"channel"`
	ChannelMembers  *[]string        `json:"channel_members"`
	User            *string          `json:"user"`
	Type            *string          `json:"type"`
	Message         *string          `json:"message"`
	Props           jsontext.Value   `json:"props"`
	CreateAt        *int64           `json:"create_at"`
	EditAt          *int64           `json:"edit_at"`
	IsPinned        *bool            `json:"is_pinned"`
	FlaggedBy       []string         `json:"flagged_by"`
	Reactions       []reaction       `json:"reactions"`
	Replies         []post           `json:"replies"`
	Attachments     []attachment     `json:"attachments"`
	ThreadFollowers []threadFollower `json:"thread_followers"`
}

type reaction struct {
	User      *string `json:"user"`
	EmojiName *string `json:"emoji_name"`
	CreateAt  *int64  `json:"create_at"`
}

type attachment struct {
	Path *string `json:"path"`
}

type threadFollower struct {
	User           *string `json:"user"`
	LastViewed     *int64  `json:"last_viewed"`
	UnreadMentions *int64  `json:"unread_mentions"`
}

type directChannel struct {
	Members      *[]string     `json:"members"`
	Participants []participant `json:"participants"`
	Header       *string       `json:"header"`
	FavoritedBy  []string      `json:"favorited_by"`
	ShownBy      []string      `json:"shown_by"`
}

type participant struct {
	Username    *string             `json:"username"`
	NotifyProps *channelNotifyProps `json:"notify_props"`
	SchemeUser  *bool               `json:"scheme_user"`
	SchemeAdmin *bool               `json:"scheme_admin"`
	SchemeGuest *bool               `json:"scheme_guest"`
	counters
}
